#include "platform/linux/system_error.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "platform/error.h"

namespace pacegate::platform {
namespace {

Fault fault_of(int error) noexcept {
  switch (error) {
    case EPERM:
    case EACCES:
      return Fault::not_permitted;
    case ENODEV:
    case ENXIO:
      return Fault::no_such_interface;
    case ENETDOWN:
      return Fault::interface_down;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case EOPNOTSUPP:
    case ENOSYS:
      return Fault::not_supported;
    default:
      return Fault::system;
  }
}

}  // namespace

std::string describe_errno(int error) {
  return std::generic_category().message(error);
}

std::string net_raw_hint() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  const std::string executable = length > 0
                                     ? std::string(path.data(), static_cast<std::size_t>(length))
                                     : "$(command -v node)";
  return "needs CAP_NET_RAW: run as root or `sudo setcap cap_net_raw+ep " + executable + "`";
}

void throw_system_error(const std::string& what, int error) {
  const Fault fault = fault_of(error);
  std::string message = what + ": " + describe_errno(error);
  if (fault == Fault::not_permitted) message += " (" + net_raw_hint() + ")";
  throw PlatformError(fault, message, error);
}

}  // namespace pacegate::platform
