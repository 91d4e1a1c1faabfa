/// \file
/// SipHash, a keyed 64-bit hash that cannot be forged without the key
/// (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012):
/// SipHash-2-4 for what an attacker gets to see, SipHash-1-3 for tables, whose hashes nobody sees.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pacegate {

/// The 128-bit key as the paper's two little-endian words.
struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

/// 64 bits from `count` (at most 8) bytes, little-endian on every machine; missing bytes are zero.
[[nodiscard]] inline std::uint64_t load_little_endian(const std::uint8_t* bytes,
                                                      std::size_t count = 8) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{bytes[i]} << (8 * i);
  return word;
}

/// The hash fed word by word, for messages whose layout is known in advance. The parameters are the
/// paper's c and d: rounds per word, and at the end.
template <int word_rounds, int end_rounds>
class BasicSipState {
 public:
  explicit BasicSipState(const SipKey& key) noexcept
      : v0_(key.k0 ^ 0x736f6d6570736575U),
        v1_(key.k1 ^ 0x646f72616e646f6dU),
        v2_(key.k0 ^ 0x6c7967656e657261U),
        v3_(key.k1 ^ 0x7465646279746573U) {}

  /// The next 8 message bytes.
  void absorb(std::uint64_t word) noexcept {
    v3_ ^= word;
    for (int round = 0; round < word_rounds; ++round) mix();
    v0_ ^= word;
  }

  /// \param rest the last 0..7 message bytes, little-endian
  /// \param length bytes of the whole message; its low 8 bits count
  [[nodiscard]] std::uint64_t finish(std::uint64_t rest, std::size_t length) noexcept {
    absorb(rest | (static_cast<std::uint64_t>(length) << 56));
    v2_ ^= 0xff;
    for (int round = 0; round < end_rounds; ++round) mix();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void mix() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

using SipState = BasicSipState<2, 4>;
using TableSipState = BasicSipState<1, 3>;

/// The hash of any message. Thread-safe, as are all functions here.
template <typename State>
[[nodiscard]] std::uint64_t siphash(const SipKey& key,
                                    std::span<const std::uint8_t> message) noexcept {
  State state(key);
  std::size_t done = 0;
  for (; message.size() - done >= 8; done += 8) {
    state.absorb(load_little_endian(message.data() + done));
  }
  const std::uint64_t rest = load_little_endian(message.data() + done, message.size() - done);
  return state.finish(rest, message.size());
}

/// SipHash-2-4 of any message.
[[nodiscard]] inline std::uint64_t siphash24(const SipKey& key,
                                             std::span<const std::uint8_t> message) noexcept {
  return siphash<SipState>(key, message);
}

}  // namespace pacegate
