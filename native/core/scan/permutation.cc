#include "core/scan/permutation.h"

#include <algorithm>
#include <bit>

namespace pacegate {

namespace {

/// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): round keys from one seed.
std::uint64_t next_key(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

}  // namespace

Permutation::Permutation(std::uint64_t size, std::uint64_t seed) noexcept
    : size_(std::clamp<std::uint64_t>(size, 1, kMaxSize)) {
  // At least two bits, one per part: a shift by 64 is undefined, and sizes 1 and 2 walk inside four
  // values.
  const auto bits = std::max(2U, static_cast<unsigned>(std::bit_width(size_ - 1)));
  low_bits_ = bits / 2;
  const unsigned high_bits = bits - low_bits_;
  low_mask_ = (std::uint64_t{1} << low_bits_) - 1;
  low_shift_ = 64 - low_bits_;
  high_shift_ = 64 - high_bits;
  std::uint64_t state = seed;
  for (std::uint64_t& key : keys_) key = next_key(state);
}

std::uint64_t Permutation::decrypt(std::uint64_t value) const noexcept {
  std::uint64_t low = value & low_mask_;
  std::uint64_t high = value >> low_bits_;
  for (std::size_t pair = kRoundPairs; pair-- > 0;) {
    low ^= round(high, keys_[2 * pair + 1], low_shift_);
    high ^= round(low, keys_[2 * pair], high_shift_);
  }
  return (high << low_bits_) | low;
}

std::uint64_t Permutation::inverse(std::uint64_t index) const noexcept {
  std::uint64_t value = index;
  do {
    value = decrypt(value);
  } while (value >= size_);
  return value;
}

}  // namespace pacegate
