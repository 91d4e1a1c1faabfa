/// \file
/// A keyed order of 0..n-1 without a table: a bijection and its inverse in constant memory.
///
/// An alternating, possibly unbalanced Feistel network on the fewest bits that hold n, made to fit
/// n by cycle walking (J. Black, P. Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002).
/// It spreads probes; it hides nothing from somebody who studies the order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pacegate {

/// Immutable after construction, hence safe to use from several threads.
class Permutation {
 public:
  static constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 63;

  /// \param size n, 1..kMaxSize (0 is taken as 1, more as kMaxSize)
  /// \param seed the same size and seed give the same order, in every version and on every machine
  Permutation(std::uint64_t size, std::uint64_t seed) noexcept;

  /// The index at `position` of the order; position < size(). Fewer than two walks on average.
  [[nodiscard]] std::uint64_t map(std::uint64_t position) const noexcept {
    std::uint64_t value = position;
    do {
      value = encrypt(value);
    } while (value >= size_);
    return value;
  }

  /// The position at which `index` stands: inverse(map(p)) == p; index < size().
  [[nodiscard]] std::uint64_t inverse(std::uint64_t index) const noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  // Rounds in pairs: one changes the high part, one the low part. With three pairs the step between
  // two neighbours' images is visibly uneven at sizes 16 and 64; with four it is not.
  static constexpr std::size_t kRoundPairs = 4;

  /// Mixes (MurmurHash3's 64-bit finaliser, its first half) and keeps the top bits, the best mixed
  /// ones.
  /// \param shift 64 - bits wanted, < 64
  [[nodiscard]] static std::uint64_t round(std::uint64_t half, std::uint64_t key,
                                           unsigned shift) noexcept {
    std::uint64_t mixed = (half ^ key) * 0xff51afd7ed558ccdU;
    mixed ^= mixed >> 32;
    return (mixed * 0xc4ceb9fe1a85ec53U) >> shift;
  }

  [[nodiscard]] std::uint64_t encrypt(std::uint64_t value) const noexcept {
    std::uint64_t low = value & low_mask_;
    std::uint64_t high = value >> low_bits_;
    for (std::size_t pair = 0; pair < kRoundPairs; ++pair) {
      high ^= round(low, keys_[2 * pair], high_shift_);
      low ^= round(high, keys_[2 * pair + 1], low_shift_);
    }
    return (high << low_bits_) | low;
  }

  [[nodiscard]] std::uint64_t decrypt(std::uint64_t value) const noexcept;

  std::uint64_t size_;
  std::uint64_t low_mask_;
  unsigned low_bits_;
  unsigned low_shift_;
  unsigned high_shift_;
  std::array<std::uint64_t, 2 * kRoundPairs> keys_;
};

}  // namespace pacegate
