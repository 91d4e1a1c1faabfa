#include "platform/error.h"

namespace pacegate::platform {

const char* fault_name(Fault fault) noexcept {
  switch (fault) {
    case Fault::not_permitted:
      return "not_permitted";
    case Fault::no_such_interface:
      return "no_such_interface";
    case Fault::interface_down:
      return "interface_down";
    case Fault::no_route:
      return "no_route";
    case Fault::not_supported:
      return "not_supported";
    case Fault::invalid:
      return "invalid";
    case Fault::shared_state:
      return "shared_state";
    case Fault::system:
      break;
  }
  return "system";
}

PlatformError::PlatformError(Fault fault, const std::string& message, int system_error)
    : std::runtime_error(message), fault_(fault), system_error_(system_error) {}

}  // namespace pacegate::platform
