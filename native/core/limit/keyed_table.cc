#include "core/limit/keyed_table.h"

#include <algorithm>

#include "core/prefetch.h"

namespace pacegate {

/// Where a search for `id` will start.
inline const KeyedSlot* KeyedTable::home_of(KeyId id) const noexcept {
  const std::uint32_t index = shard_of(id);
  return slots_[index] + KeyedShard::home_of(id, shard_bits_, shards_[index].capacity);
}

KeyedTable::Quota KeyedTable::current_quota() const noexcept {
  for (;;) {
    const std::uint64_t generation = header_->generation.load(std::memory_order_acquire);
    const BucketQuota quota = header_->quotas[generation & 1];
    // Written, so that it cannot be read before the quota; a fence is nothing ThreadSanitizer knows.
    if (header_->generation.fetch_add(0, std::memory_order_acq_rel) == generation) {
      return {quota, generation};
    }
  }
}

BucketVerdict KeyedTable::try_acquire(KeyId id, double cost, Ticks now) noexcept {
  const std::uint32_t index = shard_of(id);
  KeyedShard shard = shard_at(index);
  const Ticks price = key_price(shard.quota(), cost);
  KeyedSlot& slot = shard.find(id);
  return slot.is_free() ? take_as_new(index, id, price, now) : take(shard, slot, price, now);
}

std::size_t KeyedTable::try_acquire_many(std::span<const KeyId> ids, std::uint8_t* allowed,
                                         double cost, Ticks now) noexcept {
  constexpr std::size_t kAhead = 32;  // as many lines as a core can have under way, and some
  const std::size_t size = ids.size();
  for (std::size_t i = 0; i < std::min(kAhead, size); ++i) prefetch_for_write(home_of(ids[i]));
  const Ticks price = key_price(shards_[0].quota, cost);
  std::size_t count = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (i + kAhead < size) prefetch_for_write(home_of(ids[i + kAhead]));
    const Quick quick = take_quickly(ids[i], price, now);
    const bool is_allowed =
        quick == Quick::unsure ? try_acquire(ids[i], cost, now).allowed() : quick == Quick::allowed;
    allowed[i] = is_allowed ? 1 : 0;
    count += is_allowed ? 1 : 0;
  }
  return count;
}

/// The common case by itself: a key that is there and not blocked.
inline KeyedTable::Quick KeyedTable::take_quickly(KeyId id, Ticks price, Ticks now) noexcept {
  KeyedShard shard = shard_at(shard_of(id));
  KeyedSlot& slot = shard.find(id);
  if (slot.is_free() || slot.is_blocked() || price == 0) return Quick::unsure;
  const Ticks next = key_debt(slot.word, now) + std::min(price, kMaxKeyDebt);
  if (next > shard.quota().capacity) return Quick::denied;
  slot.word = now + next;
  shard.mark_known(slot);
  return Quick::allowed;
}

BucketVerdict KeyedTable::take(KeyedShard& shard, KeyedSlot& slot, Ticks price,
                               Ticks now) noexcept {
  const BucketQuota& quota = shard.quota();
  if (slot.is_blocked()) {
    const KeyBlock block = KeyBlock::read(slot.word, quota, now);
    if (block.left != 0) return blocked_verdict(block, quota, price);
    KeyedShard::make_bucket(slot, now + block.debt_behind);
  }
  const Ticks debt = key_debt(slot.word, now);
  const BucketVerdict verdict = key_verdict(quota, debt, price);
  if (verdict.allowed() && price != 0) {
    slot.word = now + debt + price;
    shard.mark_known(slot);
  }
  return verdict;
}

BucketVerdict KeyedTable::take_as_new(std::uint32_t index, KeyId id, Ticks price,
                                      Ticks now) noexcept {
  const BucketQuota quota = shards_[index].quota;
  const BucketVerdict verdict = key_verdict(quota, overflow_debt(now), price);
  if (price == 0 || verdict.outcome == BucketVerdict::Outcome::never) return verdict;
  if (!has_room(index, now)) return take_from_overflow(quota, price, now);
  // It enters also when it is refused: from now on its bucket fills on its own.
  KeyedShard shard = shard_at(index);
  KeyedSlot& slot = add(shard, id, now);
  if (verdict.allowed()) slot.word += price;
  return verdict;
}

BucketVerdict KeyedTable::take_from_overflow(const BucketQuota& quota, Ticks price,
                                             Ticks now) noexcept {
  ++counts_.overflow;
  Ticks word = header_->overflow.load(std::memory_order_relaxed);
  for (;;) {
    const Ticks debt = word == KeyedHeader::kNoOverflow ? 0 : key_debt(word, now);
    const BucketVerdict verdict = key_verdict(quota, debt, price);
    if (!verdict.allowed()) return verdict;
    const Ticks next = std::max<Ticks>(now + debt + price, 1);
    if (header_->overflow.compare_exchange_weak(word, next, std::memory_order_relaxed)) {
      return verdict;
    }
  }
}

Ticks KeyedTable::overflow_debt(Ticks now) const noexcept {
  const Ticks word = header_->overflow.load(std::memory_order_relaxed);
  return word == KeyedHeader::kNoOverflow ? 0 : key_debt(word, now);
}

void KeyedTable::raise_overflow(Ticks debt, Ticks now) noexcept {
  Ticks word = header_->overflow.load(std::memory_order_relaxed);
  const Ticks raised = std::max<Ticks>(now + debt, 1);
  while ((word == KeyedHeader::kNoOverflow || key_debt(word, now) < debt) &&
         !header_->overflow.compare_exchange_weak(word, raised, std::memory_order_relaxed)) {
  }
}

KeyedDecision KeyedTable::check(KeyId id, double cost, Ticks now) noexcept {
  const BucketVerdict verdict = try_acquire(id, cost, now);
  KeyedDecision decision = peek(id, 0, now);
  decision.verdict = verdict;
  return decision;
}

KeyedDecision KeyedTable::peek(KeyId id, double cost, Ticks now) noexcept {
  KeyedShard shard = shard_at(shard_of(id));
  const BucketQuota& quota = shard.quota();
  const Ticks price = key_price(quota, cost);
  const KeyedSlot& slot = shard.find(id);
  Ticks debt = slot.is_free() ? overflow_debt(now) : key_debt(slot.word, now);
  if (slot.is_blocked()) {
    const KeyBlock block = KeyBlock::read(slot.word, quota, now);
    if (block.left != 0) {
      return {blocked_verdict(block, quota, price), 0, shard.time_to_expiry(slot, now),
              quota.burst};
    }
    debt = block.debt_behind;
  }
  return {key_verdict(quota, debt, price), key_tokens(quota, debt), debt, quota.burst};
}

bool KeyedTable::penalize(KeyId id, double tokens, Ticks now) noexcept {
  const std::uint32_t index = shard_of(id);
  const BucketQuota quota = shards_[index].quota;
  const Ticks price = std::min(key_price(quota, tokens), kMostKeyDebt);
  if (price == 0) return true;
  KeyedSlot* const slot = find_or_force(index, id, now);
  if (slot == nullptr) return false;
  if (slot->is_blocked()) {
    KeyBlock block = KeyBlock::read(slot->word, quota, now);
    block.debt_behind = std::min(block.debt_behind + price, kMostKeyDebt);
    slot->word = block.word(quota, now);
  } else {
    slot->word = now + std::min(key_debt(slot->word, now) + price, kMostKeyDebt);
  }
  return true;
}

void KeyedTable::reward(KeyId id, double tokens, Ticks now) noexcept {
  KeyedShard shard = shard_at(shard_of(id));
  const Ticks price = key_price(shard.quota(), tokens);
  KeyedSlot& slot = shard.find(id);
  if (slot.is_free()) return;
  if (slot.is_blocked()) {
    KeyBlock block = KeyBlock::read(slot.word, shard.quota(), now);
    block.debt_behind -= std::min(block.debt_behind, price);
    slot.word = block.word(shard.quota(), now);
  } else if (const Ticks debt = key_debt(slot.word, now); debt != 0) {
    slot.word = now + (debt - std::min(debt, price));
  }
}

bool KeyedTable::block(KeyId id, Ticks duration, Ticks now) noexcept {
  const std::uint32_t index = shard_of(id);
  if (duration == 0 && shard_at(index).find(id).is_free()) return true;
  KeyedSlot* const slot = find_or_force(index, id, now);
  if (slot == nullptr) return false;
  const KeyedShard shard = shard_at(index);
  const Ticks owed = slot->is_blocked()
                         ? KeyBlock::read(slot->word, shard.quota(), now).debt_now(shard.quota())
                         : key_debt(slot->word, now);
  const Ticks debt = std::min(owed, kMostKeyDebt);
  if (duration == 0) {
    KeyedShard::make_bucket(*slot, now + debt);
    return true;
  }
  const Ticks behind = duration == KeyBlock::kForever ? debt : debt - std::min(debt, duration);
  shard.make_blocked(*slot, {duration, behind}, now);
  return true;
}

bool KeyedTable::remove(KeyId id) noexcept {
  KeyedShard shard = shard_at(shard_of(id));
  KeyedSlot& slot = shard.find(id);
  if (slot.is_free()) return false;
  drop(shard, slot);
  return true;
}

void KeyedTable::set_quota(const BucketQuota& quota, Ticks now) noexcept {
  const Quota before = current_quota();
  const std::uint64_t next = before.generation + 1;
  Ticks word = header_->overflow.load(std::memory_order_relaxed);
  const Ticks debt = overflow_debt(now);
  const Ticks scaled = rescaled_debt(debt, before.quota, quota);
  // Killed in between, it leaves the overflow bucket emptier than it was, never fuller.
  if (scaled > debt) raise_overflow(scaled, now);
  header_->quotas[next & 1] = quota;
  header_->generation.store(next, std::memory_order_release);
  if (scaled < debt) {
    // Who spends meanwhile leaves more, which may stand.
    header_->overflow.compare_exchange_strong(word, std::max<Ticks>(now + scaled, 1));
  }
  // At once and not when they are used next: until then they would fill at the rate of before.
  for (std::uint32_t i = 0; i < shard_count(); ++i) shard_at(i).rescale(quota, next, now);
}

}  // namespace pacegate
