#include "platform/capabilities.h"

#include "platform/pcap/pcap_capability.h"
#include "platform/route.h"

namespace pacegate::platform {

std::vector<Capability> probe_capabilities() {
  const std::optional<PlatformError> obstacle = pcap_obstacle();
  return {{"pcap", !obstacle, obstacle ? obstacle->what() : ""}};
}

/// A scan also has to know where each packet leaves.
std::optional<PlatformError> raw_packets_obstacle() {
  if (auto obstacle = pcap_obstacle()) return obstacle;
  try {
    const IpAddress any = IpAddress::v4(1);
    (void)route_boundaries(any, any);
    return std::nullopt;
  } catch (const PlatformError& error) {
    return error;
  }
}

}  // namespace pacegate::platform
