/// \file
/// One part of a keyed table: an open-addressing array of buckets, probed linearly, without
/// tombstones (removal shifts back what follows: D. E. Knuth, TAOCP vol. 3, 6.4, algorithm R).
///
/// A shard may lie in memory that several processes share, under one lock. A process that is killed
/// while it holds the lock leaves the array such that no key owes less than it should: the word of a
/// slot is written before its tag, and what is shifted is copied before its old place is taken.
/// repair() then puts the counts right, and goes on with a change of the quota where it was cut short.
#pragma once

#include <cstdint>

#include "core/cache_line.h"
#include "core/limit/key_id.h"
#include "core/limit/keyed_word.h"

namespace pacegate {

/// One key: 16 bytes. All zero: nobody's.
struct KeyedSlot {
  static constexpr std::uint64_t kBlocked = 1;  ///< the word is a block's (keyed_word.h)
  static constexpr std::uint64_t kKnown = 2;    ///< the key came again after its first request
  static constexpr std::uint64_t kFlags = kBlocked | kKnown;

  std::uint64_t tag = 0;  ///< KeyId and flags
  Ticks word = 0;

  [[nodiscard]] bool is_free() const noexcept { return tag == 0; }
  [[nodiscard]] bool is_blocked() const noexcept { return (tag & kBlocked) != 0; }
  [[nodiscard]] bool is_known() const noexcept { return (tag & kKnown) != 0; }
  [[nodiscard]] KeyId id() const noexcept { return tag & ~kFlags; }
};

inline constexpr std::uint32_t kSlotsInLine = kCacheLine / sizeof(KeyedSlot);

/// What slots are allocated as.
struct alignas(kCacheLine) KeyedLine {
  KeyedSlot slots[kSlotsInLine];
};

/// Counts and quota of a shard; plain data, valid at any address.
struct alignas(kCacheLine) KeyedShardState {
  BucketQuota quota;             ///< by which the words are to be read
  std::uint64_t generation = 0;  ///< of that quota
  std::uint32_t capacity = 0;    ///< slots, whole lines; more than count, or searches would not end
  std::uint32_t count = 0;
  std::uint32_t known = 0;
  std::uint32_t cursor = 0;  ///< where the next sweep goes on
  /// What the holder is doing to all slots.
  enum class Stage : std::uint32_t { none, rescaling, clearing } stage = Stage::none;
  /// Rescaling: twice the slots that are done, and one more while the next one is changed.
  std::uint32_t progress = 0;
  Ticks saved = 0;  ///< the word of that one before
};
static_assert(sizeof(KeyedShardState) == kCacheLine);

/// What sweeping may remove: slots that say no more than an absent key would.
struct SweepRule {
  Ticks now = 0;
  Ticks idle = 0;               ///< ticks a bucket stays after it is full
  bool is_room_needed = false;  ///< then nobody stays but known keys, up to half of the shard
};

/// A view; whoever has the shard to itself may use it.
class KeyedShard {
 public:
  KeyedShard(KeyedShardState& state, KeyedSlot* slots, std::uint32_t shard_bits) noexcept
      : state_(state), slots_(slots), shard_bits_(shard_bits) {}

  [[nodiscard]] const KeyedShardState& state() const noexcept { return state_; }
  [[nodiscard]] const BucketQuota& quota() const noexcept { return state_.quota; }

  /// Where a search for `id` starts: at the beginning of a cache line, so that it seldom sees a second
  /// one. \param shard_bits leading bits that chose the shard
  [[nodiscard]] static std::uint32_t home_of(KeyId id, std::uint32_t shard_bits,
                                             std::uint32_t capacity) noexcept {
    const std::uint64_t fraction = (id << shard_bits) >> 32;
    return static_cast<std::uint32_t>((fraction * capacity) >> 32) & ~(kSlotsInLine - 1);
  }

  /// The slot of `id`, or the free one where it belongs. Where none is free, which only somebody who
  /// scribbles over shared memory can do, another key's: the search ends in any case.
  [[nodiscard]] KeyedSlot& find(KeyId id) noexcept {
    const std::uint32_t home = home_of(id, shard_bits_, state_.capacity);
    std::uint32_t i = home;
    while (!slots_[i].is_free() && slots_[i].id() != id) {
      i = next(i);
      if (i == home) break;
    }
    return slots_[i];
  }

  /// Gives the free `slot` to a key. \param tag the key and its flags
  void occupy(KeyedSlot& slot, std::uint64_t tag, Ticks word) noexcept;
  /// Frees an occupied slot; what followed it may move into it.
  void remove(KeyedSlot& slot) noexcept;
  /// Says that the key of `slot` came again.
  void mark_known(KeyedSlot& slot) noexcept {
    state_.known += slot.is_known() ? 0 : 1;
    slot.tag |= KeyedSlot::kKnown;
  }
  /// Makes an occupied slot a bucket, or a block.
  static void make_bucket(KeyedSlot& slot, Ticks word) noexcept;
  void make_blocked(KeyedSlot& slot, const KeyBlock& block, Ticks now) const noexcept;

  /// Ticks until `slot` says no more than an absent key would: 0 when it does, kForever for never.
  [[nodiscard]] Ticks time_to_expiry(const KeyedSlot& slot, Ticks now) const noexcept;

  /// Looks at the next `steps` slots. \return how many it freed
  std::uint32_t sweep(std::uint32_t steps, const SweepRule& rule) noexcept;

  /// The bucket of which most is left, one token at least; null when there is none.
  [[nodiscard]] KeyedSlot* fullest(Ticks now) noexcept;

  /// Reads every word by another quota from now on.
  void rescale(const BucketQuota& quota, std::uint64_t generation, Ticks now) noexcept;

  /// Puts in order what a holder that died left. Where it died before the end of rescale(), the rest
  /// is rescaled now. \param quota, generation as the table has them
  void repair(const BucketQuota& quota, std::uint64_t generation, Ticks now) noexcept;

  /// Frees all slots.
  void clear() noexcept;

  /// Moves everything to `slots`, which are free. \param capacity as in KeyedShardState
  void move_to(KeyedSlot* slots, std::uint32_t capacity) noexcept;

 private:
  [[nodiscard]] std::uint32_t next(std::uint32_t i) const noexcept {
    return i + 1 == state_.capacity ? 0 : i + 1;
  }
  [[nodiscard]] std::uint32_t index_of(const KeyedSlot& slot) const noexcept {
    return static_cast<std::uint32_t>(&slot - slots_);
  }
  [[nodiscard]] bool may_go(const KeyedSlot& slot, const SweepRule& rule,
                            std::uint32_t most_known) const noexcept;
  [[nodiscard]] Ticks rescaled(const KeyedSlot& slot, const BucketQuota& to,
                               Ticks now) const noexcept;
  void rescale_rest(const BucketQuota& quota, std::uint64_t generation, Ticks now) noexcept;
  void drop_copies() noexcept;

  KeyedShardState& state_;
  KeyedSlot* slots_;
  std::uint32_t shard_bits_;
};

}  // namespace pacegate
