/// \file
/// The one answer of a system that pacegate has no raw backend for.
#pragma once

#include <string>

#include "platform/error.h"

namespace pacegate::platform {

/// \param what e.g. "sending raw packets"
[[nodiscard]] inline std::string not_available_reason(const std::string& what) {
  return what + " is not available on this system; use the connect technique";
}

[[noreturn]] inline void throw_not_available(const std::string& what) {
  throw PlatformError(Fault::not_supported, not_available_reason(what));
}

}  // namespace pacegate::platform
