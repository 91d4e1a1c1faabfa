/// \file
/// Addresses as Winsock has them.
#pragma once

#include <cstring>
#include <optional>
#include <span>

#include "core/ip_address.h"
#include "platform/windows/ip_helper.h"

namespace pacegate::platform {

/// \return nothing for a family that is not IP
[[nodiscard]] inline std::optional<IpAddress> ip_of(const SOCKADDR_INET& address) {
  const auto bytes_of = [](const auto& field) {
    return std::span(reinterpret_cast<const std::uint8_t*>(&field), sizeof field);
  };
  if (address.si_family == AF_INET) return IpAddress::from_bytes(bytes_of(address.Ipv4.sin_addr));
  if (address.si_family == AF_INET6) return IpAddress::from_bytes(bytes_of(address.Ipv6.sin6_addr));
  return std::nullopt;
}

/// Every byte 0: `{}` promises that for the first member of a union alone, and GCC 15 keeps to it.
[[nodiscard]] inline SOCKADDR_INET zeroed_socket_address() {
  SOCKADDR_INET result;
  std::memset(&result, 0, sizeof result);
  return result;
}

[[nodiscard]] inline SOCKADDR_INET socket_address(const IpAddress& address) {
  SOCKADDR_INET result = zeroed_socket_address();
  void* const to = address.is_v6() ? static_cast<void*>(&result.Ipv6.sin6_addr)
                                   : static_cast<void*>(&result.Ipv4.sin_addr);
  result.si_family = address.is_v6() ? AF_INET6 : AF_INET;
  std::memcpy(to, address.bytes().data(), address.size());
  return result;
}

}  // namespace pacegate::platform
