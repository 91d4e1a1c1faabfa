/// \file
/// What this process may do on this host, and why not: the ground of `pacegate doctor` and of
/// technique `auto`.
#pragma once

#include <string>
#include <vector>

namespace pacegate::platform {

struct Capability {
  std::string name;  ///< "raw-sockets", "packet-sockets", "bpf", "net-admin"
  bool available = false;
  std::string
      reason;  ///< empty when available; else what is missing and how to get it, in one sentence
};

/// Tries each thing for real (opens and closes a socket) instead of reading privilege bits.
[[nodiscard]] std::vector<Capability> probe_capabilities();

/// Whether a SYN scan can run: raw and packet sockets both open. \param why set to the reason when
/// not
[[nodiscard]] bool can_send_raw_packets(std::string& why);

}  // namespace pacegate::platform
