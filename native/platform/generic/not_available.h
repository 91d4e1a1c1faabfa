/// \file
/// The answer of a system that has no way of doing something.
#pragma once

#include <string>

#include "platform/error.h"

namespace pacegate::platform {

/// \param what e.g. "backend rawip" \param instead e.g. "use pcap"
[[noreturn]] inline void throw_not_available(const std::string& what, const std::string& instead) {
  throw PlatformError(Fault::not_supported, what + " is not available on this system; " + instead);
}

}  // namespace pacegate::platform
