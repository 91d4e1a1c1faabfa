/// \file
/// One device out of the list.
#include <utility>

#include "platform/error.h"
#include "platform/interface.h"

namespace pacegate::platform {

Interface find_interface(const std::string& name) {
  std::string known;
  for (Interface& device : list_interfaces()) {
    if (device.name == name) return std::move(device);
    known += (known.empty() ? "" : ", ") + device.name;
  }
  throw PlatformError(Fault::no_such_interface,
                      "no network interface named \"" + name + "\"; this host has " + known);
}

Interface find_interface(std::uint32_t index) {
  for (Interface& device : list_interfaces()) {
    if (device.index == index) return std::move(device);
  }
  throw PlatformError(Fault::no_such_interface,
                      "no network interface with index " + std::to_string(index));
}

}  // namespace pacegate::platform
