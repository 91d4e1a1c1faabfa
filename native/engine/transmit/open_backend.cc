#include "engine/transmit/open_backend.h"

namespace pacegate {
std::unique_ptr<platform::PacketSender> open_backend(const platform::Interface& interface,
                                                     Backend backend, double /*rate*/,
                                                     std::size_t slot_bytes) {
  switch (backend) {
    case Backend::automatic:
      break;
    case Backend::packet:
      return platform::open_packet_sender(interface, slot_bytes);
    case Backend::raw_ip:
      return platform::open_raw_ip_sender(interface, slot_bytes);
    case Backend::xdp:
      return platform::open_xdp_sender(interface, {.largest_frame = slot_bytes});
    case Backend::pcap:
      return platform::open_pcap_sender(interface, slot_bytes);
  }
  return platform::open_sender(interface, slot_bytes);
}

}  // namespace pacegate
