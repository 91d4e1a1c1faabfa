/// \file
/// What the operating system refused, on cold paths only (open, look up, start). Hot paths return
/// counts.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pacegate::platform {

/// Stable reasons; `lib/internal/native-error.ts` maps each name to an ERR_PACEGATE_ code.
enum class Fault : std::uint8_t {
  not_permitted,      ///< a privilege is missing (CAP_NET_RAW)
  no_such_interface,  ///< no device of that name or index
  interface_down,
  no_route,
  not_supported,  ///< this system or device cannot do it
  invalid,        ///< an argument that names something of the wrong kind
  shared_state,   ///< what a file or memory holds cannot be joined
  system,         ///< any other errno
};

/// The fault's name as it crosses to JavaScript, e.g. "not_permitted".
[[nodiscard]] const char* fault_name(Fault fault) noexcept;

class PlatformError : public std::runtime_error {
 public:
  /// \param system_error errno, or 0 when none applies
  PlatformError(Fault fault, const std::string& message, int system_error = 0);
  // Copied, never moved: runtime_error's move constructor needs a newer libstdc++ than our floor.
  PlatformError(const PlatformError&) = default;
  PlatformError& operator=(const PlatformError&) = default;
  ~PlatformError() override = default;
  [[nodiscard]] Fault fault() const noexcept { return fault_; }
  [[nodiscard]] int system_error() const noexcept { return system_error_; }

 private:
  Fault fault_;
  int system_error_;
};

}  // namespace pacegate::platform
