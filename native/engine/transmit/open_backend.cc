#include "engine/transmit/open_backend.h"

#include <algorithm>
#include <string_view>

#include "engine/scan/sender_choice.h"
#include "platform/error.h"
#include "platform/xdp_support.h"

namespace pacegate {
namespace {

std::unique_ptr<platform::PacketSender> open_xdp(const platform::Interface& interface,
                                                 std::size_t slot_bytes) {
  platform::XdpOptions options;
  options.largest_frame = std::max(slot_bytes, options.largest_frame);
  options.usual_frame = slot_bytes;
  return platform::open_xdp_sender(interface, options);
}

std::unique_ptr<platform::PacketSender> open_any(const platform::Interface& interface, double rate,
                                                 std::size_t slot_bytes) {
  if (rate <= kXdpRate || slot_bytes > platform::kXdpLargestFrame ||
      !platform::xdp_support(interface).available) {
    return platform::open_sender(interface, slot_bytes);
  }
  try {
    return open_xdp(interface, slot_bytes);
  } catch (const platform::PlatformError&) {
    // Before Linux 6.3 only this tells that the device cannot.
    return platform::open_sender(interface, slot_bytes);
  }
}

}  // namespace

std::unique_ptr<platform::PacketSender> open_backend(const platform::Interface& interface,
                                                     Backend backend, double rate,
                                                     std::size_t slot_bytes) {
  switch (backend) {
    case Backend::connect:  // has no frames to send
    case Backend::automatic:
      break;
    case Backend::packet:
      return platform::open_packet_sender(interface, slot_bytes);
    case Backend::raw_ip:
      return platform::open_raw_ip_sender(interface, slot_bytes);
    case Backend::xdp:
      return open_xdp(interface, slot_bytes);
    case Backend::pcap:
      return platform::open_pcap_sender(interface, slot_bytes);
  }
  return open_any(interface, rate, slot_bytes);
}

Backend backend_of(const platform::PacketSender& sender) {
  const std::string_view name = sender.backend();
  if (name == "packet") return Backend::packet;
  if (name == "rawip") return Backend::raw_ip;
  return name == "xdp" ? Backend::xdp : Backend::pcap;
}

}  // namespace pacegate
