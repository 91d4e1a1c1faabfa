/// \file
/// From errno to PlatformError, in one place, so that the same refusal always reads the same.
#pragma once

#include <string>

namespace pacegate::platform {

/// The errno's text, e.g. "Network is unreachable". Thread-safe.
[[nodiscard]] std::string describe_errno(int error);

/// What to do about a missing CAP_NET_RAW, naming this very executable.
[[nodiscard]] std::string net_raw_hint();

/// Throws PlatformError "<what>: <errno's text>", with the fault that the errno stands for and, for
/// a missing privilege, the way to get it.
/// \param what was tried, e.g. "cannot open a packet socket on eth0"
[[noreturn]] void throw_system_error(const std::string& what, int error);

}  // namespace pacegate::platform
