/// \file
/// What a keyed limiter knows a key by: 62 bits of a keyed hash.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/ip_address.h"
#include "core/ip_prefix.h"
#include "core/scan/siphash.h"

namespace pacegate {

/// Never 0; the two low bits are 0 and belong to the table. Two of 10^6 keys are taken for one with
/// a probability of 10^-7.
using KeyId = std::uint64_t;

/// Keys are chosen by whoever sends requests, so where they go must not be guessable: all follows
/// from a secret random seed, and no hash is ever shown. Text and networks are hashed by SipHash-1-3
/// (5 ns and more); numbers by simple tabulation (1 ns), of which it is proven that linear probing
/// takes constant time for every choice of keys that does not depend on the tables (M. Patrascu,
/// M. Thorup, "The power of simple tabulation hashing", STOC 2011). Thread-safe.
class KeyHasher {
 public:
  /// \param ipv6_prefix bits of an IPv6 address that make its key, 1..128
  KeyHasher(const SipKey& seed, unsigned ipv6_prefix) noexcept
      : text_seed_{seed.k0 ^ kText, seed.k1},
        network_seed_{seed.k0 ^ kNetwork, seed.k1},
        ipv6_prefix_(ipv6_prefix) {
    std::uint64_t index = 0;
    for (Table& table : number_tables_) {
      for (std::uint64_t& entry : table) entry = SipState(seed).finish(index++, sizeof(index));
    }
  }

  /// A number, which is an IPv4 address as well.
  [[nodiscard]] KeyId of(std::uint32_t number) const noexcept {
    return id_of(number_tables_[0][number & 0xff] ^ number_tables_[1][number >> 8 & 0xff] ^
                 number_tables_[2][number >> 16 & 0xff] ^ number_tables_[3][number >> 24]);
  }

  /// Any bytes; the empty ones too.
  [[nodiscard]] KeyId of(std::span<const std::uint8_t> bytes) const noexcept {
    return id_of(siphash<TableSipState>(text_seed_, bytes));
  }

  /// An IPv6 address counts as its network, an IPv4-mapped one as the IPv4 address.
  [[nodiscard]] KeyId of(const IpAddress& address) const noexcept {
    const IpAddress host = unmapped(address);
    if (!host.is_v6()) return of(host.to_u32());
    const IpAddress network = ip_prefix(host, ipv6_prefix_);
    return id_of(siphash<TableSipState>(network_seed_, network.bytes()));
  }

 private:
  static constexpr std::uint64_t kText = 0x7478657420796b65U;     // any two constants
  static constexpr std::uint64_t kNetwork = 0x6b726f7774656e36U;  // will do

  [[nodiscard]] static KeyId id_of(std::uint64_t hash) noexcept {
    const KeyId id = hash & ~KeyId{3};
    return id != 0 ? id : KeyId{4};
  }

  using Table = std::array<std::uint64_t, 256>;

  std::array<Table, 4> number_tables_;  // one for each byte; 8 kB
  SipKey text_seed_;
  SipKey network_seed_;
  unsigned ipv6_prefix_;
};

}  // namespace pacegate
