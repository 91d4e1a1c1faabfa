/// \file
/// When packet k is due: deadline k = start + k * period, an absolute schedule instead of feedback.
///
/// Time is 64.32 fixed point (whole nanoseconds and 2^-32 ns), added up without rounding: the only
/// error is that of the period itself, at most 2^-33 ns per packet, that is 1.2 ns after 10^10
/// packets. Nanoseconds are compared by signed difference, so any epoch will do.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/time.h"

namespace pacegate {

/// A packet schedule for one thread (no member is safe to call from two). Packets are asked for
/// with due() and charged with commit(), so only packets that were in fact accepted use up
/// deadlines. Between any two moments `w` ns apart at most `(w + catch_up_ns) * rate + 2` packets
/// become due.
class PacingSchedule {
 public:
  /// Slower and faster rates are taken as these bounds; callers refuse them with a message.
  static constexpr double kMinRate = 1e-9;
  static constexpr double kMaxRate = 1e9;
  static constexpr std::uint64_t kDefaultCatchUpNs = 10 * kNsPerMs;

  /// \param rate packets per second, kMinRate..kMaxRate
  /// \param start_ns the first packet's deadline
  /// \param catch_up_ns how much lateness may be made good by sending faster than `rate`
  PacingSchedule(double rate, std::uint64_t start_ns,
                 std::uint64_t catch_up_ns = kDefaultCatchUpNs) noexcept
      : next_{start_ns, 0}, catch_up_ns_(std::min(catch_up_ns, kMaxSpanNs)) {
    adopt_rate(rate);
  }

  /// Packets due at `now_ns` and not yet committed. When the oldest deadline is more than
  /// catch_up_ns late, whole deadlines are dropped (see forgone()) until it is not, but the last
  /// one that is due is always kept: a rate below 1 / catch_up_ns would starve otherwise.
  [[nodiscard]] std::uint64_t due(std::uint64_t now_ns) noexcept {
    const std::int64_t late = lateness(now_ns);
    if (late < 0) return 0;
    std::uint64_t count = periods_until(now_ns) + 1;
    if (static_cast<std::uint64_t>(late) > catch_up_ns_ && count > 1) {
      // Deadlines before now - catch_up: those strictly older than it, hence "- 1" ns.
      const std::uint64_t stale = std::min(periods_until(now_ns - catch_up_ns_ - 1) + 1, count - 1);
      forgo(stale);
      count -= stale;
    }
    return count;
  }

  /// Charges `count` packets that were accepted. More than due() is allowed: the excess is waited
  /// for.
  void commit(std::uint64_t count) noexcept { next_ = next_.plus_multiple(period_, count); }

  /// Gives up `count` packets that are due.
  void forgo(std::uint64_t count) noexcept {
    forgone_ += count;
    commit(count);
  }

  /// The first whole nanosecond at which due() is at least 1.
  [[nodiscard]] std::uint64_t next_deadline_ns() const noexcept {
    return next_.ns + (next_.fraction != 0 ? 1 : 0);
  }

  /// The same of the packet `ahead` places after the first one not committed.
  [[nodiscard]] std::uint64_t deadline_ns(std::uint64_t ahead) const noexcept {
    const Instant at = next_.plus_multiple(period_, ahead);
    return at.ns + (at.fraction != 0 ? 1 : 0);
  }

  /// Changes the rate from `now_ns` on. What is due stays due (up to what the new rate may catch
  /// up), and a share of a period already waited for keeps counting as that share.
  void set_rate(double rate, std::uint64_t now_ns) noexcept {
    static_cast<void>(due(now_ns));  // drops what the old rate may not catch up
    const double old_period = period_as_double();
    const double late_ns = static_cast<double>(static_cast<std::int64_t>(now_ns - next_.ns)) -
                           static_cast<double>(next_.fraction) / kFractionScale;
    double credit = std::max(late_ns / old_period, -kMaxWaitPeriods);
    adopt_rate(rate);
    const double keep = static_cast<double>(catch_up_ns_) / period_as_double() + 1.0;
    if (credit > keep) {
      const auto surplus = static_cast<std::uint64_t>(credit - keep);
      forgone_ += surplus;
      credit -= static_cast<double>(surplus);
    }
    place_next(now_ns, credit * period_as_double());
  }

  /// After a pause: lateness is forgotten without being counted; a deadline in the future stays.
  void restart(std::uint64_t now_ns) noexcept {
    if (lateness(now_ns) > 0) next_ = Instant{now_ns, 0};
  }

  /// Packets per second.
  [[nodiscard]] double rate() const noexcept { return rate_; }
  /// Deadlines dropped because they were more than catch_up_ns late, or by forgo(); never reset.
  [[nodiscard]] std::uint64_t forgone() const noexcept { return forgone_; }

 private:
  static constexpr double kSecond = 1e9;                  // ns
  static constexpr double kFractionScale = 4294967296.0;  // 2^32
  static constexpr std::uint64_t kMaxSpanNs = std::uint64_t{1} << 61;
  // More packets committed ahead than this are not carried over by set_rate().
  static constexpr double kMaxWaitPeriods = 4e9;

  /// A point in time or a length of time: ns + fraction / 2^32.
  struct Instant {
    std::uint64_t ns = 0;
    std::uint32_t fraction = 0;

    /// `*this + step * count`, exact modulo 2^64 ns. The fraction's product is formed in two
    /// halves, for a 64-bit count would overflow it.
    [[nodiscard]] Instant plus_multiple(const Instant& step, std::uint64_t count) const noexcept {
      const std::uint64_t low = (count & 0xffffffffU) * step.fraction;
      const std::uint64_t sum = (low & 0xffffffffU) + fraction;
      const std::uint64_t carry = (count >> 32) * step.fraction + (low >> 32) + (sum >> 32);
      return {ns + step.ns * count + carry, static_cast<std::uint32_t>(sum)};
    }

    [[nodiscard]] bool is_after(std::uint64_t now_ns) const noexcept {
      const auto difference = static_cast<std::int64_t>(ns - now_ns);
      return difference > 0 || (difference == 0 && fraction != 0);
    }
  };

  /// \return now - next in ns, rounded down; negative while the next deadline lies ahead
  [[nodiscard]] std::int64_t lateness(std::uint64_t now_ns) const noexcept {
    return static_cast<std::int64_t>(now_ns - next_deadline_ns());
  }

  [[nodiscard]] double period_as_double() const noexcept {
    return static_cast<double>(period_.ns) + static_cast<double>(period_.fraction) / kFractionScale;
  }

  /// The largest n with next + n * period <= now, for now >= next. The quotient of doubles is at
  /// most a few off (n < 2^53); exact arithmetic puts it right.
  [[nodiscard]] std::uint64_t periods_until(std::uint64_t now_ns) const noexcept {
    const auto late = static_cast<double>(now_ns - next_.ns);
    auto count = static_cast<std::uint64_t>(late / period_as_double());
    while (count > 0 && next_.plus_multiple(period_, count).is_after(now_ns)) --count;
    while (!next_.plus_multiple(period_, count + 1).is_after(now_ns)) ++count;
    return count;
  }

  void adopt_rate(double rate) noexcept {
    // Written so that NaN becomes kMinRate.
    rate_ = rate > kMinRate ? std::min(rate, kMaxRate) : kMinRate;
    // The quotient of doubles has 53 bits, too few for a long period's 2^-32 ns: the rest is
    // divided apart. fma makes it exact; it may come out a little below zero, hence the floor.
    const double whole = std::trunc(kSecond / rate_);
    const double rest = std::fma(-whole, rate_, kSecond) / rate_;
    const double carry = std::floor(rest);
    const auto fraction = static_cast<std::uint64_t>(std::round((rest - carry) * kFractionScale));
    period_.ns = static_cast<std::uint64_t>(whole) +
                 static_cast<std::uint64_t>(static_cast<std::int64_t>(carry)) + (fraction >> 32);
    period_.fraction = static_cast<std::uint32_t>(fraction);
  }

  /// next_ = now - late_ns; negative: ahead of now.
  void place_next(std::uint64_t now_ns, double late_ns) noexcept {
    const double bound = static_cast<double>(kMaxSpanNs);
    const double ahead = std::clamp(-late_ns, -bound, bound);
    auto whole = static_cast<std::int64_t>(ahead);
    double rest = ahead - static_cast<double>(whole);
    if (rest < 0) {
      whole -= 1;
      rest += 1.0;
    }
    next_.ns = now_ns + static_cast<std::uint64_t>(whole);
    next_.fraction = static_cast<std::uint32_t>(std::min(rest * kFractionScale, 4294967295.0));
  }

  Instant next_;
  Instant period_;
  std::uint64_t catch_up_ns_;
  std::uint64_t forgone_ = 0;
  double rate_ = kMinRate;
};

}  // namespace pacegate
