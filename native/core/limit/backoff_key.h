/// \file
/// What a back-off table counts reports by: a network of addresses, or a name of any kind.
#pragma once

#include <cstdint>
#include <span>

#include "core/ip_address.h"
#include "core/ip_prefix.h"
#include "core/scan/siphash.h"

namespace pacegate {

/// How many leading bits of an address make its network: 32 and 128 mean the address itself.
struct BackoffPrefixes {
  unsigned v4 = 32;
  unsigned v6 = 128;
};

/// 128 bits and what they are. A name is known by its hash only: with a secret seed, two of 10^6
/// names meet with a probability of 10^-27.
struct BackoffKey {
  enum class Kind : std::uint8_t { v4, v6, name };

  std::uint64_t high = 0;
  std::uint64_t low = 0;
  Kind kind = Kind::v4;

  /// The network `address` is in. An IPv4-mapped IPv6 address counts as the IPv4 one.
  [[nodiscard]] static BackoffKey of(const IpAddress& address,
                                     const BackoffPrefixes& prefixes) noexcept {
    const IpAddress host = unmapped(address);
    const IpAddress network = ip_prefix(host, host.is_v6() ? prefixes.v6 : prefixes.v4);
    const std::uint8_t* bytes = network.key().data();
    return {load_little_endian(bytes), load_little_endian(bytes + 8),
            host.is_v6() ? Kind::v6 : Kind::v4};
  }

  [[nodiscard]] static BackoffKey of_name(std::span<const std::uint8_t> name,
                                          const SipKey& seed) noexcept {
    return {siphash24(seed, name), siphash24({seed.k1, ~seed.k0}, name), Kind::name};
  }

  friend bool operator==(const BackoffKey&, const BackoffKey&) = default;
};

}  // namespace pacegate
