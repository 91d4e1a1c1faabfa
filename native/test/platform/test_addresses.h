/// \file
/// Addresses for the platform tests, from their text.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "core/ip_address.h"

namespace pacegate::platform::test {

inline IpAddress address(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  std::array<std::uint8_t, 16> bytes{};
  REQUIRE(inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1);
  return IpAddress::from_bytes({bytes.data(), v6 ? 16U : 4U});
}

inline std::string text(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(address.is_v6() ? AF_INET6 : AF_INET, address.bytes().data(), buffer.data(),
            buffer.size());
  return buffer.data();
}

inline std::vector<std::string> texts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> result;
  for (const IpAddress& each : addresses) result.push_back(text(each));
  return result;
}

}  // namespace pacegate::platform::test
