/// \file
/// libpcap is the one way of capturing here.
#include "platform/packet_receiver.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

std::unique_ptr<PacketReceiver> open_packet_receiver(const Interface& interface,
                                                     const ReceiveFilter& filter) {
  return open_pcap_receiver(interface, filter);
}

std::unique_ptr<PacketReceiver> open_packet_receiver_on_all(const ReceiveFilter& /*filter*/) {
  throw_not_available("capturing on all interfaces at once", "name one interface");
}

}  // namespace pacegate::platform
