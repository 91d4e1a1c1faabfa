/// \file
/// Where packets for a destination leave this host, asked of the kernel (netlink on Linux).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::platform {

struct Route {
  std::uint32_t interface_index = 0;  ///< loopback for the host's own addresses
  IpAddress source;                   ///< address the kernel would send from
  std::optional<IpAddress> gateway;   ///< absent when the destination is on the link itself
};

/// The kernel's own answer, policy rules included.
/// \param interface_index restricts to one device; 0 for any
/// \throws PlatformError no_route for unreachable, prohibited and blackholed destinations too
[[nodiscard]] Route lookup_route(const IpAddress& destination, std::uint32_t interface_index = 0);

/// Addresses inside [first, last] at which a different route may begin: the first address of each
/// prefix in the kernel's tables, and the address after its last. Sorted, without duplicates,
/// `first` excluded. Between two neighbours of this list all addresses share one route, so one
/// lookup_route() serves them all.
/// \throws PlatformError
[[nodiscard]] std::vector<IpAddress> route_boundaries(const IpAddress& first,
                                                      const IpAddress& last);

/// The kernel's neighbour table (ARP, NDP); absent when it holds no usable entry. \throws
/// PlatformError
[[nodiscard]] std::optional<packet::MacAddress> cached_neighbour(std::uint32_t interface_index,
                                                                 const IpAddress& address);

}  // namespace pacegate::platform
