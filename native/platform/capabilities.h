/// \file
/// What this process may do on this host, and why not: the ground of `pacegate doctor` and of
/// technique `auto`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/error.h"

namespace pacegate::platform {

struct Capability {
  std::string name;  ///< Linux: "raw-sockets", "packet-sockets", "bpf", "net-admin"; all: "pcap"
  bool available = false;
  std::string
      reason;  ///< empty when available; else what is missing and how to get it, in one sentence
};

/// Tries each thing for real (opens and closes a socket) instead of reading privilege bits.
[[nodiscard]] std::vector<Capability> probe_capabilities();

/// What keeps every SYN scan from running (on Linux, raw and packet sockets must both open): nothing,
/// or not_permitted, not_supported and the like with the reason.
[[nodiscard]] std::optional<PlatformError> raw_packets_obstacle();

}  // namespace pacegate::platform
