#include "platform/pcap/pcap_capability.h"

#include <algorithm>

#include "platform/interface.h"
#include "platform/pcap/pcap_device.h"
#include "platform/pcap/pcap_library.h"

namespace pacegate::platform {
namespace {

constexpr PcapRoom kNoRoom{.snapshot_bytes = 64, .buffer_bytes = 64 * 1024};

}  // namespace

std::optional<PlatformError> pcap_obstacle() {
  try {
    (void)require_pcap();
    const std::vector<Interface> devices = list_interfaces();
    const auto usable = std::find_if(devices.begin(), devices.end(), [](const Interface& device) {
      return device.up && device.link != LinkType::other;
    });
    if (usable == devices.end()) {
      return PlatformError(Fault::interface_down, "no network interface is up");
    }
    const PcapDevice opened(*usable, kNoRoom);
    return std::nullopt;
  } catch (const PlatformError& error) {
    return error;
  }
}

}  // namespace pacegate::platform
