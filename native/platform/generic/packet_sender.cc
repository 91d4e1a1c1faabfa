#include "platform/packet_sender.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

std::unique_ptr<PacketSender> open_packet_sender(const Interface& /*interface*/,
                                                 std::size_t /*slot_bytes*/) {
  throw_not_available("sending Ethernet frames");
}

std::unique_ptr<PacketSender> open_raw_ip_sender(const Interface& /*interface*/,
                                                 std::size_t /*slot_bytes*/) {
  throw_not_available("sending raw IP packets");
}

std::unique_ptr<PacketSender> open_xdp_sender(const Interface& /*interface*/,
                                              const XdpOptions& /*options*/) {
  throw_not_available("sending live frames through XDP");
}

std::unique_ptr<PacketSender> open_sender(const Interface& /*interface*/,
                                          std::size_t /*slot_bytes*/) {
  throw_not_available("sending raw packets");
}

}  // namespace pacegate::platform
