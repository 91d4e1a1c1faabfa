/// \file
/// Routes and neighbours by the IP Helper API.
#include "platform/route.h"

#include <algorithm>
#include <memory>

#include "platform/error.h"
#include "platform/interface.h"
#include "platform/prefix_boundaries.h"
#include "platform/windows/ip_helper.h"
#include "platform/windows/socket_address.h"

namespace pacegate::platform {
namespace {

struct FreeTable {
  void operator()(void* table) const noexcept { FreeMibTable(table); }
};

bool is_unspecified(const IpAddress& address) {
  const auto bytes = address.bytes();
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

[[noreturn]] void throw_windows_error(Fault fault, const std::string& what, DWORD error) {
  throw PlatformError(fault, what + ": Windows error " + std::to_string(error),
                      static_cast<int>(error));
}

/// What goes to an address of this host passes the loopback device, which is not the one that the
/// routing table names.
std::optional<std::uint32_t> loopback_for(const IpAddress& destination) {
  std::optional<std::uint32_t> loopback;
  bool is_own = false;
  for (const Interface& device : list_interfaces()) {
    if (device.link == LinkType::loopback) loopback = device.index;
    const auto& own = device.addresses;
    is_own = is_own || std::find(own.begin(), own.end(), destination) != own.end();
  }
  return is_own ? loopback : std::nullopt;
}

}  // namespace

Route lookup_route(const IpAddress& destination, std::uint32_t interface_index) {
  const SOCKADDR_INET to = socket_address(destination);
  MIB_IPFORWARD_ROW2 row{};
  SOCKADDR_INET from = zeroed_socket_address();
  const DWORD status = GetBestRoute2(nullptr, interface_index, nullptr, &to, 0, &row, &from);
  const auto source = ip_of(from);
  if (status != NO_ERROR || !source) {
    throw_windows_error(Fault::no_route, "no route to the destination", status);
  }
  Route route{.interface_index = row.InterfaceIndex, .source = *source, .gateway = std::nullopt};
  const auto next_hop = ip_of(row.NextHop);
  if (next_hop && !is_unspecified(*next_hop)) route.gateway = next_hop;
  if (interface_index != 0) return route;
  if (const auto loopback = loopback_for(destination)) {
    route = {.interface_index = *loopback, .source = destination, .gateway = std::nullopt};
  }
  return route;
}

std::vector<IpAddress> route_boundaries(const IpAddress& first, const IpAddress& last) {
  MIB_IPFORWARD_TABLE2* rows = nullptr;
  const DWORD status = GetIpForwardTable2(first.is_v6() ? AF_INET6 : AF_INET, &rows);
  if (status != NO_ERROR) {
    throw_windows_error(Fault::system, "cannot read the routing table", status);
  }
  const std::unique_ptr<MIB_IPFORWARD_TABLE2, FreeTable> table(rows);
  PrefixBoundaries boundaries(first, last);
  for (const MIB_IPFORWARD_ROW2& row : std::span(&table->Table[0], table->NumEntries)) {
    const auto prefix = ip_of(row.DestinationPrefix.Prefix);
    if (prefix) boundaries.add_prefix(*prefix, row.DestinationPrefix.PrefixLength);
  }
  return boundaries.finish();
}

std::optional<packet::MacAddress> cached_neighbour(std::uint32_t interface_index,
                                                   const IpAddress& address) {
  MIB_IPNET_ROW2 row{};
  row.Address = socket_address(address);
  row.InterfaceIndex = interface_index;
  packet::MacAddress mac;
  if (GetIpNetEntry2(&row) != NO_ERROR || row.State <= NlnsIncomplete ||
      row.PhysicalAddressLength != mac.bytes.size()) {
    return std::nullopt;
  }
  std::copy_n(&row.PhysicalAddress[0], mac.bytes.size(), mac.bytes.begin());
  return mac;
}

}  // namespace pacegate::platform
