/// \file
/// Whether the `xdp` backend can send on a device, and if not, what would change that.
#pragma once

#include <string>

#include "platform/interface.h"

namespace pacegate::platform {

struct XdpSupport {
  bool available = false;
  std::string reason;  ///< empty when available; else one sentence, with the way to change it
};

/// Asks the kernel; sends nothing and changes nothing. Before Linux 6.3 drivers do not say what they
/// take, and only open_xdp_sender() finds out.
[[nodiscard]] XdpSupport xdp_support(const Interface& interface);

}  // namespace pacegate::platform
