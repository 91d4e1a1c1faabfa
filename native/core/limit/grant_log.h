/// \file
/// What was granted within the last window, in memory of the caller's: the one algorithm behind
/// exact and approximate sliding windows and the window of a hybrid limiter.
///
/// The log holds no pointer and is trivially copyable: it can be copied to look ahead, and placed
/// in memory that processes share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "core/limit/unit_scale.h"

namespace pacegate {

/// Nanoseconds to wait for what will never come.
inline constexpr std::uint64_t kNeverNs = std::numeric_limits<std::uint64_t>::max();

/// One entry of a log: grants that lapse together.
struct Grant {
  std::uint64_t time_ns = 0;  ///< when the last of them was made
  std::uint64_t total = 0;    ///< grains granted up to and with it, modulo 2^64
};

/// How long grants count, and which of them are counted as one.
struct WindowShape {
  std::uint64_t window_ns = 0;  ///< at least 1
  /// Grants within this time of the first of an entry join it: an approximate window of
  /// window / merge_ns + 1 entries. 0: grants of one moment only, and by size (see max_grants).
  std::uint64_t merge_ns = 0;
  /// The most entries the log will ever need, at least 2. With merge_ns 0, two neighbours that
  /// together are at most 2 * limit / max_grants units become one, which bounds the entries; with
  /// more entries than units in the limit that happens to costs below one only.
  std::size_t max_grants = 0;
};

/// Grants at most `limit` units in *every* half-open interval as long as the window: entries are
/// merged by moving the older one to the time of the newer, so a grant may count too long, never
/// too short. Too long by less than merge_ns, or, merged by size, at most one entry at a time.
///
/// A request is tested with its cost, against whole entries; time that goes back counts as time
/// that stands still. Amortised O(1); wait_ns(), available(): O(log n).
///
/// Not thread-safe. Every call is given the same ring, of which the log uses `count()` entries.
/// Times are nanoseconds of one clock, modulo 2^64.
class GrantLog {
 public:
  /// \param limit units, finite and above 0
  GrantLog(const WindowShape& shape, double limit, std::uint64_t now_ns) noexcept;

  /// Takes `cost` units, or none.
  bool try_take(double cost, std::uint64_t now_ns, std::span<Grant> ring) noexcept;

  /// Nanoseconds until `cost` units can be taken when nobody else takes any; 0: now; kNeverNs.
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns,
                                      std::span<const Grant> ring) const noexcept;

  /// Units that can be taken now; 0..limit.
  [[nodiscard]] double available(std::uint64_t now_ns, std::span<const Grant> ring) const noexcept;

  /// Units of the last window; above the limit when that was lowered.
  [[nodiscard]] double used(std::uint64_t now_ns, std::span<const Grant> ring) const noexcept;

  /// Nanoseconds until every grant has lapsed.
  [[nodiscard]] std::uint64_t time_to_empty_ns(std::uint64_t now_ns,
                                               std::span<const Grant> ring) const noexcept;

  /// Takes grants back, the oldest first: safe whichever they were, because what stays counts at
  /// least as long as it should.
  void give_back(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept;

  /// Takes back what was taken last, by nobody else meanwhile: as if it had never been. (Given back
  /// the oldest first, grants that are taken and undone again and again would push the others on in
  /// time for ever.)
  void undo(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept;

  /// Changes the limit; what is granted stays granted.
  void set_limit(double limit, std::size_t max_grants, std::span<Grant> ring) noexcept;

  /// Forgets every grant, and that time was ever later than `now_ns`.
  void clear(std::uint64_t now_ns) noexcept;

  /// Copies the entries into another ring, at least count() long, to be used from then on.
  void move_to(std::span<const Grant> from, std::span<Grant> to) noexcept;

  /// Makes do with entries that may be half changed: what counts, counts as granted at the latest
  /// time there was.
  void distrust(std::span<Grant> ring) noexcept;

  /// Units.
  [[nodiscard]] double limit() const noexcept { return scale_.units(limit_); }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] const WindowShape& shape() const noexcept { return shape_; }
  /// The latest time it has been given, or `now_ns` when that is later.
  [[nodiscard]] std::uint64_t latest(std::uint64_t now_ns) const noexcept {
    return static_cast<std::int64_t>(now_ns - latest_ns_) > 0 ? now_ns : latest_ns_;
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t index, std::size_t ring_size) const noexcept {
    const std::size_t place = head_ + index;
    return place < ring_size ? place : place - ring_size;
  }
  [[nodiscard]] std::uint64_t total_before_newest(std::span<const Grant> ring) const noexcept;
  [[nodiscard]] std::uint64_t used_grains(std::uint64_t at_ns,
                                          std::span<const Grant> ring) const noexcept;
  void forget_lapsed(std::uint64_t at_ns, std::span<const Grant> ring) noexcept;
  void drop_oldest(std::span<const Grant> ring) noexcept;
  void give_back_oldest(std::uint64_t grains, std::span<const Grant> ring) noexcept;
  void add(std::uint64_t grains, std::uint64_t at_ns, std::span<Grant> ring) noexcept;

  WindowShape shape_;
  UnitScale scale_;
  std::uint64_t limit_;         // grains
  std::uint64_t merge_;         // grains two neighbours may have together to become one
  std::uint64_t total_ = 0;     // grains granted ever, modulo 2^64
  std::uint64_t lapsed_ = 0;    // those of them that no longer count
  std::uint64_t latest_ns_;     // time as it counts: never goes back
  std::uint64_t first_ns_ = 0;  // the first grant of the newest entry
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace pacegate
