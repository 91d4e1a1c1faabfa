#include "platform/interface.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

/// No device that pacegate could use: an empty list, so that whoever only shows it needs no special
/// case.
std::vector<Interface> list_interfaces() {
  return {};
}

Interface find_interface(const std::string& name) {
  throw_not_available("choosing the network interface \"" + name + "\"");
}

Interface find_interface(std::uint32_t index) {
  throw_not_available("choosing network interface " + std::to_string(index));
}

}  // namespace pacegate::platform
