/// \file
/// Addresses grouped by their leading bits.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/ip_address.h"

namespace pacegate {

/// `address` with all but its first `bits` bits zero; more bits than it has: all of it.
[[nodiscard]] inline IpAddress ip_prefix(const IpAddress& address, unsigned bits) {
  if (bits >= 8 * address.size()) return address;
  std::array<std::uint8_t, 16> bytes = address.key();
  for (std::size_t i = 0; i < address.size(); ++i) {
    const unsigned kept = std::min(8U, bits - std::min(bits, static_cast<unsigned>(8 * i)));
    bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return IpAddress::from_bytes({bytes.data(), address.size()});
}

/// The IPv4 address within an IPv4-mapped one (::ffff:a.b.c.d), which is the same host; any other
/// address as it is.
[[nodiscard]] inline IpAddress unmapped(const IpAddress& address) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const std::array<std::uint8_t, 16>& bytes = address.key();
  if (!address.is_v6() || !std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return address;
  }
  return IpAddress::from_bytes({bytes.data() + kMapped.size(), 4});
}

}  // namespace pacegate
