/// \file
/// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once

#include <cstdint>
#include <span>

#include "core/ip_address.h"

namespace pacegate::packet {

/// Unfolded one's-complement sum of `bytes` as big-endian 16-bit words, added to `sum`. An odd last
/// byte is padded with zero, so of several pieces only the last may be odd. No overflow below 4 GiB
/// of input.
[[nodiscard]] std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes);

/// Adds one 16-bit word in host order.
[[nodiscard]] constexpr std::uint64_t checksum_add_word(std::uint64_t sum, std::uint16_t word) {
  return sum + word;
}

/// Adds two 16-bit words given as one 32-bit number in host order. It need not be split: folding
/// adds the upper half to the lower.
[[nodiscard]] constexpr std::uint64_t checksum_add_u32(std::uint64_t sum, std::uint32_t words) {
  return sum + words;
}

/// Folds to 16 bits without complementing: what a template keeps.
[[nodiscard]] constexpr std::uint16_t checksum_fold(std::uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

/// The header field, host order.
[[nodiscard]] constexpr std::uint16_t checksum_finish(std::uint64_t sum) {
  return static_cast<std::uint16_t>(~checksum_fold(sum));
}

/// Sum of the pseudo header of TCP, UDP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1).
[[nodiscard]] std::uint64_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                              std::uint8_t protocol, std::uint32_t length);

/// RFC 1624, equation 3: the checksum after one 16-bit word changed. All in host order.
[[nodiscard]] constexpr std::uint16_t checksum_update(std::uint16_t checksum,
                                                      std::uint16_t old_word,
                                                      std::uint16_t new_word) {
  const std::uint32_t sum = static_cast<std::uint16_t>(~checksum) +
                            static_cast<std::uint16_t>(~old_word) + std::uint32_t{new_word};
  return checksum_finish(sum);
}

}  // namespace pacegate::packet
