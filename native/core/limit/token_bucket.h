/// \file
/// The token bucket as one atomic 64-bit word: the generic cell rate algorithm (GCRA, ITU-T I.371,
/// virtual scheduling). The word is the *theoretical arrival time*, the tick at which the bucket
/// will be full again; how far it lies ahead of now is what has been spent and not yet refilled.
///
/// Admission is decided by this word and the quota it is read by: a refusal writes nothing, no update
/// can be lost, and a thread whose `now` is old neither mints tokens nor loses any.
///
/// The quota has two slots and a generation whose last bit says which is live. It changes by *close,
/// swap, reopen*: the word becomes one that is no debt a bucket can have (closed), the generation
/// moves, the word comes back scaled. So each open word belongs to one generation, and a reader that
/// sees the same generation before and behind the word has the quota of that word. Whoever finds the
/// bucket closed waits a little. When the one who closed it does not come back (stopped, killed), it
/// moves the generation by two, which keeps the quota and makes the other's swap fail, and reopens
/// the bucket in its place: as it was before the swap, as it is to be after. Nothing is lost or made.
///
/// A request that is stopped while the quota changes twice may find its word come back by chance. So
/// who took tokens asks for the generation once more; if it has moved, what was taken stays charged
/// and the request is decided afresh: emptier for a while, never fuller.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include "core/cache_line.h"
#include "core/time.h"

namespace pacegate {

/// Rate and size of a bucket in ticks; made by make_quota().
struct BucketQuota {
  double ticks_per_token = 0;  ///< at least 1
  Ticks capacity = 0;          ///< ticks of the whole burst, rounded up; at most kMaxCapacity
  double burst = 0;            ///< tokens of a full bucket

  static constexpr Ticks kMaxCapacity = Ticks{1} << 60;  ///< 52 days
};

/// \param rate tokens per second; a bucket refilling once in 3600 s is 1.0 / 3600; at most 256e9
/// \param burst tokens of a full bucket, fractions allowed
/// \return nothing when an argument is not a positive number, the rate is too high for the tick, or
/// the
///   bucket would take more than 2^60 ticks (52 days) to fill
[[nodiscard]] std::optional<BucketQuota> make_quota(double rate, double burst) noexcept;

/// The answer to one request.
struct BucketVerdict {
  enum class Outcome : std::uint8_t {
    allowed,
    not_yet,  ///< later, when nobody else comes first
    never,    ///< the cost is above the burst (or no number)
  };
  static constexpr Ticks kForever = std::numeric_limits<Ticks>::max();

  Outcome outcome = Outcome::never;
  /// Ticks until the request would be allowed; 0 when allowed, except that a reservation says here
  /// how long to wait before acting on it; kForever for never.
  Ticks wait = kForever;

  [[nodiscard]] bool allowed() const noexcept { return outcome == Outcome::allowed; }
};

/// Every member may be called from any thread or process at any time, except set_quota() and
/// reset(): one at a time of all those. Lock-free, no allocation. `now` is ticks_from_ns() of one
/// monotonic clock; it may be a little old. Costs are tokens, fractions allowed; a token's price in
/// ticks is rounded down per request, so a burst always admits all its tokens however they are cut,
/// and a request is too cheap by less than 1/256 ns. A bucket left alone counts as full for 717 days
/// (55/64 of the tick's cycle).
///
/// Free of pointers: it may be placed in memory that several processes map. What a request needs is
/// one cache line, a second one holds what is only told.
class alignas(kCacheLine) TokenBucket {
 public:
  /// \param initial_tokens 0..burst, taken as the nearer end otherwise
  TokenBucket(const BucketQuota& quota, double initial_tokens, Ticks now) noexcept;

  /// As `other` is now, which nobody may be using: for a move to other memory.
  TokenBucket(const TokenBucket& other) noexcept;
  TokenBucket& operator=(const TokenBucket&) = delete;

  /// Takes `cost` tokens, or none.
  BucketVerdict try_acquire(double cost, Ticks now) noexcept { return take(cost, 0, now); }

  /// Takes `cost` tokens ahead of time, if the wait until they exist is at most `max_wait`: then
  /// the outcome is allowed and `wait` says how long the caller must hold back. Refused: nothing
  /// changes. Undone by give_back().
  BucketVerdict reserve(double cost, Ticks max_wait, Ticks now) noexcept {
    return take(cost, max_wait, now);
  }

  /// What try_acquire() would say; changes nothing.
  [[nodiscard]] BucketVerdict peek(double cost, Ticks now) const noexcept;

  /// Takes as many whole tokens as there are, `max` at the most. \return how many
  std::uint64_t try_acquire_up_to(std::uint64_t max, Ticks now) noexcept;

  /// What charge_and_take() left behind.
  struct Charged {
    bool allowed = false;        ///< whether the one token was taken
    Ticks room = 0;              ///< what is left, in ticks
    double ticks_per_token = 1;  ///< what a token is worth

    /// \return how many whole tokens are left, `max` at the most
    [[nodiscard]] std::uint64_t tokens_left(std::uint64_t max) const noexcept;
  };

  /// Charges `spent` tokens that were let go before (see token_lease.h), in any case, and takes one
  /// more if it is there (charge(): does not). What is charged beyond the burst is owed, as a
  /// reservation is.
  Charged charge_and_take(std::uint32_t spent, Ticks now) noexcept;

  void charge(std::uint32_t spent, Ticks now) noexcept;

  /// Tokens there are, fractions included; 0..burst.
  [[nodiscard]] double available(Ticks now) const noexcept;

  /// Ticks until the bucket is full when nobody takes anything; 0 when it is.
  [[nodiscard]] Ticks time_to_full(Ticks now) const noexcept { return look_at(now).debt(now); }

  /// Puts tokens back, those of an unused reservation for instance; the bucket stops at full.
  void give_back(double cost, Ticks now) noexcept;

  /// Changes rate and burst; what is spent stays spent: the debt is kept in tokens, but a smaller
  /// burst leaves no more than an empty bucket (reservations on top of that are kept whole). A
  /// request that runs meanwhile comes before or after the change as a whole; one in each thread may
  /// be charged twice.
  /// \param read_now `Ticks()`, the clock: called when no older request can spend any more. With a
  /// reading made before, what others spent since would be forgiven in part.
  template <typename ReadNow>
  void set_quota(const BucketQuota& quota, const ReadNow& read_now) noexcept {
    std::optional<Closing> closing;
    do {
      closing = close(quota, read_now());
    } while (!closing || !swap_and_reopen(*closing, quota, read_now()));
  }
  /// For a clock that stands still.
  void set_quota(const BucketQuota& quota, Ticks now) noexcept {
    set_quota(quota, [now] { return now; });
  }

  /// Makes the bucket full; reservations are forgotten.
  void reset(Ticks now) noexcept {
    tat_.exchange(now);
    resets_.fetch_add(1);
  }

  /// Tokens per second.
  [[nodiscard]] double rate() const noexcept { return kTicksPerSecond / look().ticks_per_token; }
  /// Tokens of a full bucket.
  [[nodiscard]] double burst() const noexcept { return quota().burst; }
  /// Rate and burst of one moment.
  [[nodiscard]] BucketQuota quota() const noexcept;
  /// Moves whenever somebody changes the quota or resets (and sometimes when not): those who have
  /// reserved may want to look.
  [[nodiscard]] std::uint64_t changes() const noexcept { return generation() + resets(); }
  /// How often it was reset: reservations made before are gone.
  [[nodiscard]] std::uint64_t resets() const noexcept { return resets_.load(); }

 private:
  // A word further ahead of now than this, and not closed, is in truth one long past; only
  // reservations and a clock going back can take it beyond the capacity at all.
  static constexpr Ticks kMaxDebt = Ticks{1} << 61;
  // Words that lie between kMaxDebt and this far beyond it are closed: 13 days. A word is closed at
  // the far end, less 70 minutes for those whose clock reading is older.
  static constexpr Ticks kClosedSpan = Ticks{1} << 58;
  static constexpr Ticks kClosedDebt = kMaxDebt + kClosedSpan - (Ticks{1} << 50);

  struct Slot {
    std::atomic<double> ticks_per_token;
    std::atomic<Ticks> capacity;
  };

  [[nodiscard]] static Ticks debt_of(Ticks tat, Ticks now) noexcept {
    const Ticks ahead = tat - now;  // modulo 2^64
    return ahead <= kMaxDebt ? ahead : 0;
  }

  /// The word and what it is read by.
  struct View {
    std::uint64_t generation;
    Ticks tat;
    double ticks_per_token;
    Ticks capacity;

    [[nodiscard]] Ticks debt(Ticks now) const noexcept { return debt_of(tat, now); }

    [[nodiscard]] bool is_closed(Ticks now) const noexcept {
      return tat - now - kMaxDebt - 1 < kClosedSpan;  // modulo 2^64
    }

    /// Ticks that `cost` tokens are worth; kForever for what no bucket holds: too much, negative,
    /// NaN.
    [[nodiscard]] Ticks price_of(double cost) const noexcept {
      const double price = cost * ticks_per_token;
      const bool sane = price >= 0.0 && price < static_cast<double>(kMaxDebt);
      return sane ? static_cast<Ticks>(price) : BucketVerdict::kForever;
    }

    [[nodiscard]] Ticks wait_for(Ticks next_debt) const noexcept {
      return next_debt > capacity ? next_debt - capacity : 0;
    }
  };

  /// The loads are acquire, so that what is read last cannot be older than what is read first.
  [[nodiscard]] View look() const noexcept {
    for (;;) {
      const std::uint64_t before = generation_.load(std::memory_order_acquire);
      const Slot& slot = quotas_[before & 1];
      const View view{before, tat_.load(std::memory_order_acquire),
                      slot.ticks_per_token.load(std::memory_order_acquire),
                      slot.capacity.load(std::memory_order_acquire)};
      if (generation_.load(std::memory_order_relaxed) == before) return view;
    }
  }

  /// For those who change nothing: a closed bucket counts as empty.
  [[nodiscard]] View look_at(Ticks now) const noexcept {
    View view = look();
    if (view.is_closed(now)) view.tat = now + view.capacity;
    return view;
  }

  /// For those who write: never a closed word.
  [[nodiscard]] View look_open(Ticks now) noexcept {
    for (;;) {
      const View view = look();
      if (!view.is_closed(now)) [[likely]]
        return view;
      await_opening(view.tat);
    }
  }

  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_.load(); }

  /// What its closer knows of a closed bucket.
  struct Closing {
    std::uint64_t generation;  ///< that is being left
    Ticks closed;
    Ticks before;
  };

  std::optional<Closing> close(const BucketQuota& quota, Ticks now) noexcept;
  bool swap_and_reopen(const Closing& closing, const BucketQuota& quota, Ticks now) noexcept;
  void await_opening(Ticks closed) noexcept;
  void overtake(Ticks closed) noexcept;
  [[nodiscard]] static Ticks rescaled(Ticks tat, const BucketQuota& from, const BucketQuota& to,
                                      Ticks now) noexcept;
  void store_quota(std::uint64_t slot, const BucketQuota& quota) noexcept;
  [[nodiscard]] BucketQuota load_quota(std::uint64_t slot) const noexcept;

  /// A word that tells which generation is being left, so that no two closings look alike.
  [[nodiscard]] static Ticks closed_word(std::uint64_t generation, Ticks now) noexcept {
    constexpr Ticks kTag = 0xffff;  // 256 ns, of no weight here
    return ((now + kClosedDebt) & ~kTag) | (generation & kTag);
  }

  /// Fails when another thread was first, and when the word may be of another quota than the view's.
  bool take_from(const View& view, Ticks by) noexcept {
    Ticks tat = view.tat;
    return tat_.compare_exchange_weak(tat, by, std::memory_order_acq_rel) &&
           generation_.load(std::memory_order_acquire) == view.generation;
  }

  BucketVerdict take(double cost, Ticks max_wait, Ticks now) noexcept {
    for (;;) {
      const View view = look_open(now);
      const Ticks price = view.price_of(cost);
      if (price > view.capacity) return {};
      const Ticks next = view.debt(now) + price;
      const Ticks wait = view.wait_for(next);
      if (wait > max_wait || next > kMaxDebt) return {BucketVerdict::Outcome::not_yet, wait};
      if (price == 0 || take_from(view, now + next)) {
        return {BucketVerdict::Outcome::allowed, wait};
      }
    }
  }

  std::atomic<Ticks> tat_;
  std::atomic<std::uint64_t> generation_{0};
  Slot quotas_[2];
  alignas(kCacheLine) std::atomic<double> bursts_[2];
  // The word that a closed one stands for before the generation moves, and after.
  std::atomic<Ticks> before_closing_;
  std::atomic<Ticks> after_closing_;
  std::atomic<std::uint64_t> resets_{0};

  static_assert(std::atomic<Ticks>::is_always_lock_free &&
                std::atomic<double>::is_always_lock_free);
};

static_assert(sizeof(TokenBucket) == 2 * kCacheLine &&
              std::is_trivially_destructible_v<TokenBucket>);

}  // namespace pacegate
