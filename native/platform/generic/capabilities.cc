#include "platform/capabilities.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

std::vector<Capability> probe_capabilities() {
  return {
      {"raw-sockets", false, not_available_reason("sending raw IP packets")},
      {"packet-sockets", false, not_available_reason("sending and capturing Ethernet frames")},
      {"bpf", false, not_available_reason("sending through a kernel program")},
      {"net-admin", false, not_available_reason("changing network devices")},
  };
}

bool can_send_raw_packets(std::string& why) {
  why = not_available_reason("sending raw packets");
  return false;
}

}  // namespace pacegate::platform
