/// \file
/// A keyed table of one's own, or one that threads and processes share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/limit/key_id.h"
#include "core/limit/keyed_table.h"
#include "engine/sharing/shared_state.h"
#include "platform/shared_lock.h"

namespace pacegate {

/// What the state of a shared table begins with. Shards and slots follow.
struct SharedKeyedHeader {
  SharedKeyedHeader(const KeyedOptions& options, const SipKey& secret) noexcept
      : table(options), seed(secret) {}

  KeyedHeader table;
  SipKey seed;  ///< all who share must find the same key at the same place
};

/// One participant's hold on a table. One thread at a time (a shared table is for all).
///
/// A shared table has the size of all its keys from the beginning, and one lock: a call takes it once,
/// a batch as well. Who is killed while holding it leaves buckets that owe too much, never too little
/// (keyed_shard.h); the next one to come counts the keys again, which takes time in proportion to them.
class KeyedStore {
 public:
  /// A table of one's own. \param ipv6_prefix 1..128
  KeyedStore(const KeyedOptions& options, const SipKey& seed, unsigned ipv6_prefix);

  /// What participants of one table have to agree on. \param rate, burst it was made with
  [[nodiscard]] SharedFormat format(double rate, double burst) const noexcept;
  /// Bytes of memory that hold a table, wherever that memory begins.
  [[nodiscard]] static std::size_t memory_needed(std::uint64_t max_keys) noexcept;
  /// Builds a table like this one in zeroed memory, with all that its keys owe.
  void build(std::byte* state, Ticks now);
  /// From now on uses what `state` holds. \param state outlives this; made with format() and build()
  /// \param read_now as in with_table()
  /// \throws platform::PlatformError (shared_state) when that is no table of its size, and as
  /// SharedLock::lock(); then nothing has changed
  template <typename ReadNow>
  void join(SharedState& state, const ReadNow& read_now) {
    const platform::SharedLockGuard guard(state.lock());
    std::unique_ptr<KeyedTable> table = table_in(state);
    if (guard.abandoned()) table->repair(read_now());
    use(state, std::move(table));
  }
  [[nodiscard]] bool is_shared() const noexcept { return shared_ != nullptr; }

  /// Of buckets now, whoever has set it. No lock is needed for these two.
  [[nodiscard]] BucketQuota quota() const noexcept { return table_->quota(); }
  /// Memory of all this, its table included.
  [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(KeyedStore) + table_->bytes(); }

  [[nodiscard]] const KeyHasher& hasher() const noexcept { return hasher_; }

  /// Calls `use(KeyedTable&, Ticks now)` with the table to itself. \return what it returns
  /// \param read_now `Ticks()`, the clock; called when nobody else can use the table any more. By a
  /// reading made before the wait for it, a key that others saw full and forgot meanwhile would come
  /// back full at an earlier time, and fill from there. Must not throw
  /// \throws platform::PlatformError as SharedLock::lock()
  template <typename ReadNow, typename Use>
  auto with_table(const ReadNow& read_now, const Use& use) {
    if (shared_ == nullptr) return use(*table_, read_now());
    const platform::SharedLockGuard guard(shared_->lock());
    const Ticks now = read_now();
    if (guard.abandoned()) table_->repair(now);
    return use(*table_, now);
  }

 private:
  /// What `state` holds, looked at under its lock.
  [[nodiscard]] std::unique_ptr<KeyedTable> table_in(const SharedState& state) const;
  void use(SharedState& state, std::unique_ptr<KeyedTable> table) noexcept;

  KeyedOptions options_;
  SipKey seed_;
  unsigned ipv6_prefix_;
  KeyHasher hasher_;
  std::unique_ptr<KeyedTable> table_;
  SharedState* shared_ = nullptr;
};

}  // namespace pacegate
