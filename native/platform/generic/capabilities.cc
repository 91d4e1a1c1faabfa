#include "platform/capabilities.h"

#include "platform/pcap/pcap_capability.h"

namespace pacegate::platform {

std::vector<Capability> probe_capabilities() {
  const std::optional<PlatformError> obstacle = pcap_obstacle();
  return {{"pcap", !obstacle, obstacle ? obstacle->what() : ""}};
}

std::optional<PlatformError> raw_packets_obstacle() {
  return pcap_obstacle();
}

}  // namespace pacegate::platform
