/// \file
/// An IPv4 or IPv6 address as plain bytes in network order; the one address type of the native
/// code.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <span>

namespace pacegate {

enum class IpFamily : std::uint8_t { v4 = 4, v6 = 6 };

/// Value type, 17 bytes. An IPv4 address occupies the first four bytes; the rest are zero, so
/// equality and hashing may look at all sixteen.
class IpAddress {
 public:
  constexpr IpAddress() = default;

  /// \param host_order e.g. 0x7f000001 for 127.0.0.1
  [[nodiscard]] static constexpr IpAddress v4(std::uint32_t host_order) {
    IpAddress address;
    for (unsigned i = 0; i < 4; ++i) {
      address.bytes_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    }
    return address;
  }

  /// \param network_order 4 bytes (IPv4) or 16 bytes (IPv6)
  [[nodiscard]] static IpAddress from_bytes(std::span<const std::uint8_t> network_order) {
    IpAddress address;
    address.family_ = network_order.size() == 16 ? IpFamily::v6 : IpFamily::v4;
    std::memcpy(address.bytes_.data(), network_order.data(), address.size());
    return address;
  }

  [[nodiscard]] constexpr IpFamily family() const { return family_; }
  [[nodiscard]] constexpr bool is_v6() const { return family_ == IpFamily::v6; }
  [[nodiscard]] constexpr std::size_t size() const { return is_v6() ? 16 : 4; }

  /// The significant bytes: 4 or 16.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size()}; }
  /// All sixteen bytes, zero-padded for IPv4: a fixed-size key for hashing.
  [[nodiscard]] const std::array<std::uint8_t, 16>& key() const { return bytes_; }

  /// IPv4 only. \return host order
  [[nodiscard]] constexpr std::uint32_t to_u32() const {
    return (std::uint32_t{bytes_[0]} << 24) | (std::uint32_t{bytes_[1]} << 16) |
           (std::uint32_t{bytes_[2]} << 8) | std::uint32_t{bytes_[3]};
  }

  /// This address plus `offset`, carrying through all bytes; wraps at the end of the family's
  /// space.
  [[nodiscard]] constexpr IpAddress plus(std::uint64_t offset) const {
    IpAddress sum = *this;
    for (std::size_t i = size(); i-- > 0 && offset != 0;) {
      offset += sum.bytes_[i];
      sum.bytes_[i] = static_cast<std::uint8_t>(offset);
      offset >>= 8;
    }
    return sum;
  }

  /// The low 64 bits of `this - base`; meaningful when the true distance is below 2^64 and not
  /// negative.
  [[nodiscard]] constexpr std::uint64_t distance_from(const IpAddress& base) const {
    return low64() - base.low64();
  }

  friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
  /// IPv4 before IPv6, then as numbers. Two words instead of a call of memcmp: each answer of a scan
  /// is looked up by its address.
  friend constexpr std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) {
    if (a.family_ != b.family_) return a.family_ <=> b.family_;
    const auto high = a.word(0) <=> b.word(0);
    return high != 0 ? high : a.word(8) <=> b.word(8);
  }

 private:
  /// Eight bytes as the number they are.
  [[nodiscard]] constexpr std::uint64_t word(std::size_t first) const {
    std::uint64_t value = 0;
    for (std::size_t i = first; i < first + 8; ++i) value = (value << 8) | bytes_[i];
    return value;
  }
  [[nodiscard]] constexpr std::uint64_t low64() const {
    std::uint64_t value = 0;
    const std::size_t n = size();
    for (std::size_t i = n < 8 ? 0 : n - 8; i < n; ++i) value = (value << 8) | bytes_[i];
    return value;
  }

  IpFamily family_ = IpFamily::v4;  // first: IPv4 sorts before IPv6
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace pacegate
