/// \file
/// One token bucket per key under one quota, for a bounded number of keys.
///
/// What the table promises, for every key and every window of time t: at most burst + rate * t
/// tokens, whatever other keys do. It follows from three rules:
///
/// 1. A key that is not in the table has a full bucket. Hence only a bucket that is full may be
///    dropped, and dropping it changes no answer.
/// 2. A new key that finds no room spends from the *overflow* bucket, which all such keys share.
/// 3. A key that enters the table owes what the overflow bucket owes at that moment: it may have
///    spent from there. The same rule lets block() and penalize() drop a bucket that is not empty:
///    the overflow bucket then owes at least as much.
///
/// Room is made by sweeping a few slots per new key. While there is room, buckets stay `idle` after
/// they are full. When there is none, full buckets of keys that asked only once go first; those of
/// known keys keep their `idle`, but no more than half of a shard (so a flood of new keys does not
/// drive out who was there before, and who was there before cannot keep everybody else out).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/limit/keyed_shard.h"

namespace pacegate {

struct KeyedOptions {
  BucketQuota quota;
  std::uint64_t max_keys = 1;  ///< 1..2^32
  Ticks idle = 0;              ///< at most kMaxIdle

  static constexpr Ticks kMaxIdle = Ticks{1} << 60;  ///< 52 days
};

/// What all shards have in common; plain data, valid at any address.
struct KeyedHeader {
  explicit KeyedHeader(const KeyedOptions& options) noexcept
      : quotas{options.quota, options.quota}, max_keys(options.max_keys), idle(options.idle) {}

  std::array<BucketQuota, 2> quotas;  ///< in force: that of generation modulo 2
  std::atomic<std::uint64_t> generation{0};
  std::atomic<std::uint64_t> entries{0};     ///< keys in all shards
  std::atomic<Ticks> overflow{kNoOverflow};  ///< word of the overflow bucket
  std::uint64_t max_keys;
  Ticks idle;

  static constexpr Ticks kNoOverflow = 0;  ///< full, whatever the time
};

/// What a table has counted since it was made.
struct KeyedCounts {
  std::uint64_t overflow = 0;  ///< requests decided by the overflow bucket
  std::uint64_t evicted = 0;   ///< keys dropped before their idle time to make room
};

/// An answer, and how the bucket is after it.
struct KeyedDecision {
  BucketVerdict verdict;
  double available = 0;    ///< tokens left
  Ticks time_to_full = 0;  ///< kForever: blocked for good
  double burst = 0;        ///< tokens of a full bucket
};

/// Where a table lies. `lines` hold the slots of all shards, one after the other.
struct KeyedMemory {
  KeyedHeader& header;
  std::span<KeyedShardState> shards;  ///< a power of two
  std::span<KeyedLine> lines;
};

/// `now` is ticks_from_ns() of one monotonic clock. One thread at a time, of all processes where the
/// memory is shared. Allocates only when a shard
/// grows or shrinks, which takes time in proportion to that shard: some 100 us at most.
class KeyedTable {
 public:
  /// A table with memory of its own, which follows the number of keys.
  explicit KeyedTable(const KeyedOptions& options);
  /// A table of fixed size over memory that outlives it. \param counts to go on from
  explicit KeyedTable(const KeyedMemory& memory, const KeyedCounts& counts = {});

  KeyedTable(const KeyedTable&) = delete;
  KeyedTable& operator=(const KeyedTable&) = delete;

  /// How many shards `max_keys` are divided into.
  [[nodiscard]] static std::uint32_t shards_for(std::uint64_t max_keys) noexcept;

  /// Takes `cost` tokens from the bucket of `id`, or none.
  BucketVerdict try_acquire(KeyId id, double cost, Ticks now) noexcept;

  /// try_acquire() for each, in order. \param allowed as long as ids; becomes 1 or 0 each
  /// \return how many were allowed
  std::size_t try_acquire_many(std::span<const KeyId> ids, std::uint8_t* allowed, double cost,
                               Ticks now) noexcept;

  /// try_acquire(), and how the bucket is then.
  KeyedDecision check(KeyId id, double cost, Ticks now) noexcept;
  /// What check() would say; takes nothing.
  [[nodiscard]] KeyedDecision peek(KeyId id, double cost, Ticks now) noexcept;

  /// Takes tokens, also those that are not there: then nothing is granted until they are repaid.
  /// \return false when there was no room to remember it
  bool penalize(KeyId id, double tokens, Ticks now) noexcept;

  /// Puts tokens back; the bucket stops at full.
  void reward(KeyId id, double tokens, Ticks now) noexcept;

  /// Refuses everything for `duration` from now, in place of an earlier block. The bucket fills
  /// meanwhile. One whose block ends before it should have counts as no fuller than it can be.
  /// \param duration at most kMaxKeyBlock, or KeyBlock::kForever; 0 ends a block
  /// \return false when there was no room to remember it
  bool block(KeyId id, Ticks duration, Ticks now) noexcept;

  /// Forgets a key, debt and block. \return whether it was there
  bool remove(KeyId id) noexcept;

  /// Changes rate and burst for all keys; debts are kept in tokens. Looks at every slot, so it takes
  /// as long as tidy().
  void set_quota(const BucketQuota& quota, Ticks now) noexcept;

  /// Forgets all keys.
  void clear() noexcept;

  /// Drops what has been idle long enough, and memory that is needed no longer.
  void tidy(Ticks now) noexcept;
  /// Puts in order what a holder that died left.
  void repair(Ticks now) noexcept;
  /// Gives all keys and debts to `other`, which is empty and of the same options and seed.
  void copy_to(KeyedTable& other, Ticks now) noexcept;

  /// Of buckets now.
  [[nodiscard]] BucketQuota quota() const noexcept { return current_quota().quota; }

  /// Keys there are; those idle for longer than they need be are among them until they are swept.
  [[nodiscard]] std::uint64_t entries() const noexcept {
    return header_->entries.load(std::memory_order_relaxed);
  }
  /// Memory of the table, all in.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const KeyedCounts& counts() const noexcept { return counts_; }

 private:
  struct Quota {
    BucketQuota quota;
    std::uint64_t generation;
  };

  [[nodiscard]] std::uint32_t shard_of(KeyId id) const noexcept {
    // Shifted twice: a single shift by 64 is undefined.
    return static_cast<std::uint32_t>((id >> 1) >> (63 - shard_bits_));
  }
  [[nodiscard]] std::uint32_t shard_count() const noexcept { return 1U << shard_bits_; }

  [[nodiscard]] Quota current_quota() const noexcept;
  [[nodiscard]] KeyedShard shard_at(std::uint32_t index) noexcept {
    return {shards_[index], slots_[index], shard_bits_};
  }
  [[nodiscard]] const KeyedSlot* home_of(KeyId id) const noexcept;

  enum class Quick : std::uint8_t { denied, allowed, unsure };
  Quick take_quickly(KeyId id, Ticks price, Ticks now) noexcept;
  BucketVerdict take(KeyedShard& shard, KeyedSlot& slot, Ticks price, Ticks now) noexcept;
  BucketVerdict take_as_new(std::uint32_t index, KeyId id, Ticks price, Ticks now) noexcept;
  BucketVerdict take_from_overflow(const BucketQuota& quota, Ticks price, Ticks now) noexcept;
  [[nodiscard]] Ticks overflow_debt(Ticks now) const noexcept;
  void raise_overflow(Ticks debt, Ticks now) noexcept;

  [[nodiscard]] SweepRule sweep_rule(Ticks now) const noexcept;
  void sweep(std::uint32_t index, std::uint32_t steps, Ticks now) noexcept;
  [[nodiscard]] bool has_room(std::uint32_t index, Ticks now) noexcept;
  [[nodiscard]] bool make_room(std::uint32_t index, Ticks now) noexcept;
  KeyedSlot& add(KeyedShard& shard, KeyId id, Ticks now) noexcept;
  KeyedSlot* find_or_force(std::uint32_t index, KeyId id, Ticks now) noexcept;
  void drop(KeyedShard& shard, KeyedSlot& slot) noexcept;
  void tidy_shard(std::uint32_t index, Ticks now) noexcept;
  void adopt(std::uint32_t index, const KeyedSlot& slot, Ticks now) noexcept;
  bool resize(std::uint32_t index, std::uint32_t capacity) noexcept;

  KeyedHeader* header_;
  KeyedShardState* shards_;
  std::vector<KeyedSlot*> slots_;
  std::uint32_t shard_bits_;
  std::size_t bytes_ = 0;
  KeyedCounts counts_;
  // What the pointers above point at, unless it is somebody else's.
  std::unique_ptr<KeyedHeader> own_header_;
  std::unique_ptr<KeyedShardState[]> own_shards_;
  std::vector<std::unique_ptr<KeyedLine[]>> own_slots_;
};

}  // namespace pacegate
