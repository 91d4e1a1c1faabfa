/// \file
/// Tokens that packets cost, taken from a bucket others use as well.
#pragma once

#include <cstdint>

#include "core/limit/token_bucket.h"

namespace pacegate {

/// A token a packet. What is taken and not spent stays in hand for the next packets, until refund().
/// One thread; the bucket may be everybody's.
class BucketCharge {
 public:
  /// \param bucket nullptr: packets cost nothing. Must outlive this
  explicit BucketCharge(TokenBucket* bucket) noexcept : bucket_(bucket) {}

  /// Takes what is missing for `wanted` packets. \return tokens in hand, `wanted` at the most
  [[nodiscard]] std::uint64_t take(std::uint64_t wanted, std::uint64_t now_ns) noexcept;
  /// `packets` were sent, take() has allowed them.
  void spend(std::uint64_t packets) noexcept;
  /// `packets` that were spent for have not been sent after all.
  void restore(std::uint64_t packets) noexcept;
  /// Gives back what is in hand. It lapses while somebody waits for the bucket, as a place in that
  /// line may have been promised to others since (TokenBucket.refund() does the same).
  void refund(std::uint64_t now_ns) noexcept;

  /// When take() is worth asking again: the bucket's own answer for as many tokens as let the
  /// caller sleep a quantum, but so few that the bucket does not run full and lose some meanwhile.
  [[nodiscard]] std::uint64_t ready_ns(std::uint64_t now_ns) const noexcept;

 private:
  TokenBucket* bucket_;
  std::uint64_t in_hand_ = 0;
};

}  // namespace pacegate
