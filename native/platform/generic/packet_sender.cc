/// \file
/// libpcap is the one way of sending here.
#include "platform/packet_sender.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

std::unique_ptr<PacketSender> open_packet_sender(const Interface& /*interface*/,
                                                 std::size_t /*slot_bytes*/) {
  throw_not_available("backend packet", "use pcap");
}

std::unique_ptr<PacketSender> open_raw_ip_sender(const Interface& /*interface*/,
                                                 std::size_t /*slot_bytes*/) {
  throw_not_available("backend rawip", "use pcap");
}

std::unique_ptr<PacketSender> open_xdp_sender(const Interface& /*interface*/,
                                              const XdpOptions& /*options*/) {
  throw_not_available("backend xdp", "use pcap");
}

std::unique_ptr<PacketSender> open_sender(const Interface& interface, std::size_t slot_bytes) {
  return open_pcap_sender(interface, slot_bytes);
}

}  // namespace pacegate::platform
