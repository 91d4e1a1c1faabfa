/// \file
/// Which targets asked for silence, and until when: the back-off of a scan whose probes are answered
/// by "administratively prohibited".
///
/// A report raises a target's level by one, and level n means `base << (n - 1)` of silence. Reports
/// during that silence are answers to what was sent before and raise nothing. Once the silence is
/// over the level is lost again, one per `decay` without a report; a target of level 0 is forgotten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ip_address.h"
#include "core/limit/backoff_key.h"
#include "core/scan/siphash.h"
#include "core/time.h"

namespace pacegate {

/// Values out of their range are taken as its nearest bound; callers refuse them with a message.
struct BackoffOptions {
  static constexpr unsigned kMaxLevel = 30;
  static constexpr std::uint64_t kForever = std::uint64_t{1} << 61;  ///< ns: 73 years
  static constexpr std::uint32_t kMaxTargets = std::uint32_t{1} << 24;

  std::uint64_t base_ns = 2 * kNsPerSecond;    ///< silence of level 1: 1..kForever
  unsigned max_level = 4;                      ///< 1..kMaxLevel
  std::uint64_t decay_ns = 16 * kNsPerSecond;  ///< 1..kForever, which means never
  BackoffPrefixes prefixes;
  std::uint32_t max_targets = 65'536;  ///< 1..kMaxTargets; 56 bytes each
  SipKey seed;                         ///< secret, so that nobody can choose keys that collide
};

/// Since the table was made.
struct BackoffCounts {
  std::uint64_t reports = 0;
  std::uint64_t escalations = 0;  ///< reports that raised a level or renewed the highest one
  std::uint64_t decayed = 0;      ///< targets forgotten because they had been quiet long enough
  std::uint64_t evicted = 0;      ///< quiet targets forgotten early, for want of room
  std::uint64_t overflowed = 0;   ///< targets forgotten *while backed off*, for want of room
};

/// One thread at a time: whoever shares a table locks it. Times are monotonic nanoseconds of any
/// epoch; one that goes back counts as the latest seen. All memory is taken by the constructor.
///
/// report() is O(levels), lookups are O(1). No target's level depends on the capacity
/// until more than `max_targets` are remembered at once. Then room is made by forgetting a quiet
/// target, the one that would decay first; only when all are backed off the one whose silence ends
/// first.
class BackoffTable {
 public:
  explicit BackoffTable(const BackoffOptions& options);

  [[nodiscard]] BackoffKey key_of(const IpAddress& address) const noexcept {
    return BackoffKey::of(address, options_.prefixes);
  }
  [[nodiscard]] BackoffKey key_of_name(std::span<const std::uint8_t> name) const noexcept {
    return BackoffKey::of_name(name, options_.seed);
  }

  /// The target refused a probe. \return its level from now on, 1..max_level
  unsigned report(const BackoffKey& key, std::uint64_t now_ns) noexcept;

  /// Nanoseconds for which nothing may be sent to the target; 0: go ahead, with one probe first.
  [[nodiscard]] std::uint64_t remaining_ns(const BackoffKey& key,
                                           std::uint64_t now_ns) const noexcept;
  /// 0..max_level: also after the silence, until it has decayed.
  [[nodiscard]] unsigned level(const BackoffKey& key, std::uint64_t now_ns) const noexcept;

  /// \return whether there was something to forget
  bool clear(const BackoffKey& key, std::uint64_t now_ns) noexcept;
  void clear() noexcept;

  /// Targets whose level is not 0.
  [[nodiscard]] std::size_t size(std::uint64_t now_ns) noexcept;
  /// Targets that are backed off now.
  [[nodiscard]] std::size_t backed_off(std::uint64_t now_ns) noexcept;
  /// When the first of those is free again; nothing when there is none.
  [[nodiscard]] std::optional<std::uint64_t> next_free_ns(std::uint64_t now_ns) noexcept;

  [[nodiscard]] const BackoffOptions& options() const noexcept { return options_; }
  [[nodiscard]] const BackoffCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Target {
    BackoffKey key;
    std::uint64_t until_ns = 0;
    Index previous = kNone;
    Index next = kNone;
    std::uint8_t level = 0;
    bool is_quiet = false;  // which of its level's two queues holds it
  };

  /// Targets in the order in which their silence ends: of one level all last equally long, so each
  /// report goes to the end.
  struct Queue {
    Index first = kNone;
    Index last = kNone;
  };
  using Queues = std::array<Queue, BackoffOptions::kMaxLevel + 1>;

  [[nodiscard]] std::uint64_t no_earlier(std::uint64_t now_ns) const noexcept;
  [[nodiscard]] std::uint64_t silence_ns(unsigned level) const noexcept;
  [[nodiscard]] std::uint64_t forget_ns(const Target& target) const noexcept;
  [[nodiscard]] unsigned level_of(const Target& target, std::uint64_t now_ns) const noexcept;

  void settle(std::uint64_t now_ns) noexcept;
  void make_room() noexcept;
  Index add(const BackoffKey& key) noexcept;
  void forget(Index index) noexcept;
  void back_off(Index index, unsigned level, std::uint64_t now_ns) noexcept;
  void append(Index index) noexcept;
  void unlink(Index index) noexcept;
  [[nodiscard]] Queue& queue_of(const Target& target) noexcept;

  [[nodiscard]] std::size_t home_of(const BackoffKey& key) const noexcept;
  [[nodiscard]] std::size_t slot_of(const BackoffKey& key) const noexcept;
  [[nodiscard]] const Target* find(const BackoffKey& key) const noexcept;
  void close_gap(std::size_t slot) noexcept;

  BackoffOptions options_;
  BackoffCounts counts_;
  std::vector<Target> targets_;  // never longer than max_targets, whose room is reserved
  std::vector<Index> slots_;     // linear probing, at most half full; kNone: empty
  Index free_ = kNone;           // targets out of use, linked by `next`
  Queues backed_off_;
  Queues quiet_;
  std::size_t backed_off_count_ = 0;
  std::size_t size_ = 0;
  std::uint64_t latest_ns_ = 0;
  bool has_begun_ = false;
};

/// What a sender finds that looks for a target to go on with.
struct BackoffChoice {
  enum class Outcome : std::uint8_t { ready, all_backed_off, no_targets };

  Outcome outcome = Outcome::no_targets;
  std::size_t index = 0;      ///< ready: the first target that is free
  std::uint64_t wait_ns = 0;  ///< all_backed_off: until the first of them is
};

/// The first of `targets` that is not backed off, or how long to wait when all are.
[[nodiscard]] BackoffChoice first_ready(const BackoffTable& table,
                                        std::span<const IpAddress> targets,
                                        std::uint64_t now_ns) noexcept;

}  // namespace pacegate
