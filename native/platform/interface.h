/// \file
/// Network devices of this host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::platform {

/// What a device carries: decides how probes leave it.
enum class LinkType : std::uint8_t {
  ethernet,  ///< frames with MAC addresses
  loopback,
  ip,     ///< bare IP packets: tun, ppp, wireguard
  other,  ///< anything pacegate cannot send on
};

struct Interface {
  std::string name;
  std::uint32_t index = 0;
  LinkType link = LinkType::other;
  bool up = false;
  std::uint32_t mtu = 0;
  packet::MacAddress mac;            ///< zero unless link is ethernet
  std::vector<IpAddress> addresses;  ///< assigned to it, either family
};

/// All devices, in index order. \throws PlatformError
[[nodiscard]] std::vector<Interface> list_interfaces();
/// \throws PlatformError no_such_interface
[[nodiscard]] Interface find_interface(const std::string& name);
/// \throws PlatformError no_such_interface
[[nodiscard]] Interface find_interface(std::uint32_t index);

}  // namespace pacegate::platform
