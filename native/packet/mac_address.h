/// \file
/// A 48-bit Ethernet address.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace pacegate::packet {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

}  // namespace pacegate::packet
