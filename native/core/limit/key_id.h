/// \file
/// What a keyed limiter knows a key by: 62 bits of a keyed hash.
#pragma once

#include <cstdint>
#include <span>

#include "core/ip_address.h"
#include "core/ip_prefix.h"
#include "core/scan/siphash.h"

namespace pacegate {

/// Never 0; the two low bits are 0 and belong to the table. Two of 10^6 keys are taken for one with
/// a probability of 10^-7.
using KeyId = std::uint64_t;

/// Keys are chosen by whoever sends requests, so places in the table must not be guessable: the
/// seed is secret and random, and SipHash-1-3 gives nothing of it away through which keys meet.
/// Kinds of keys are told apart by seeds of their own. Thread-safe.
class KeyHasher {
 public:
  /// \param ipv6_prefix bits of an IPv6 address that make its key, 1..128
  KeyHasher(const SipKey& seed, unsigned ipv6_prefix) noexcept
      : number_seed_(seed),
        text_seed_{seed.k0 ^ kText, seed.k1},
        network_seed_{seed.k0 ^ kNetwork, seed.k1},
        ipv6_prefix_(ipv6_prefix) {}

  /// A number, which is an IPv4 address as well.
  [[nodiscard]] KeyId of(std::uint32_t number) const noexcept {
    return id_of(TableSipState(number_seed_).finish(number, sizeof(number)));
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

  SipKey number_seed_;
  SipKey text_seed_;
  SipKey network_seed_;
  unsigned ipv6_prefix_;
};

}  // namespace pacegate
