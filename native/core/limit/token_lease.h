/// \file
/// Leases: permission for one caller to let several tokens of a bucket go without asking each time.
///
/// The leased tokens *stay in the bucket* until the lease is settled, and nobody else may take from it
/// meanwhile; then those that were spent are charged, at the time of settling. So what is held and
/// what is left never exceed the burst together, tokens not spent never left, and a holder that dies
/// leaves nothing behind. Charged later than spent, a bucket is at no time fuller than one that was
/// asked for each token; it may be emptier by the tokens of one lease, where it would have refilled to
/// the brim meanwhile. That does not add up: over any time a caller gets at most one lease fewer.
///
/// How large a lease is follows the demand; this is policy, and decides nothing about the bound.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/limit/token_bucket.h"
#include "core/time.h"

namespace pacegate {

/// The leases of the only caller of a bucket. Not thread-safe; no allocation.
///
/// Example: `held = lease.renew(bucket, spent, now)` answers a request (0: denied, n: granted, and n - 1
/// more may be granted without asking); `lease.settle(bucket, spent, now)` says how many of those were.
class TokenLease {
 public:
  /// \param max_tokens largest answer of renew(), 1 to kMaxTokens
  explicit TokenLease(std::uint32_t max_tokens = kMaxTokens) noexcept
      : max_tokens_(std::clamp<std::uint32_t>(max_tokens, 1, kMaxTokens)) {}

  static constexpr std::uint32_t kMaxTokens = 1U << 20;

  /// Charges what was spent of the last lease, and takes one token if there is one.
  /// \param spent tokens let go since the last call, besides the one it took: less than its answer
  /// \return 0: denied; n: one token taken now, and n - 1 leased, which are there
  std::uint32_t renew(TokenBucket& bucket, std::uint32_t spent, Ticks now) noexcept;

  /// Ends the lease: charges what was spent of it.
  /// \return how many requests had better go without a lease now, by TokenBucket::try_acquire():
  /// leases have ended with little spent
  std::uint32_t settle(TokenBucket& bucket, std::uint32_t spent, Ticks now) noexcept;

  /// Tokens leased and not settled.
  [[nodiscard]] std::uint32_t held() const noexcept { return held_; }

 private:
  // A lease is to last about this long at the present pace ...
  static constexpr Ticks kSpan = 20'000 * kTicksPerNs;
  // ... and is not worth its end (300 ns to arrange for it, 50 to settle) where a token is asked for
  // more seldom than this, ...
  static constexpr Ticks kSlowestPace = 5'000 * kTicksPerNs;
  // ... nor where leases end with fewer tokens spent than this since they began. Then some requests go
  // without, twice as many each time.
  static constexpr std::uint32_t kWorthwhile = 16;
  static constexpr std::uint32_t kMostSkipped = 4096;
  static constexpr std::uint32_t kGrowth = 4;

  [[nodiscard]] std::uint32_t wanted(std::uint32_t spent, Ticks elapsed) noexcept;
  [[nodiscard]] std::uint32_t accept(std::uint32_t spent) noexcept;

  std::uint32_t max_tokens_;
  std::uint32_t held_ = 0;
  std::uint32_t size_ = 1;     ///< the last answer that was wanted
  std::uint32_t in_turn_ = 0;  ///< tokens spent from leases since the last settle()
  std::uint32_t skip_ = 0;     ///< the last answer of settle()
  Ticks asked_ = 0;            ///< when renew() or settle() was last called
};

}  // namespace pacegate
