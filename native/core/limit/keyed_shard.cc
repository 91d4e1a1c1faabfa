#include "core/limit/keyed_shard.h"

#include <atomic>

namespace pacegate {
namespace {

/// Keeps the compiler from moving stores across: a process that is killed has done what stands
/// before, and nothing behind.
void order_stores() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

void KeyedShard::occupy(KeyedSlot& slot, std::uint64_t tag, Ticks word) noexcept {
  slot.word = word;
  order_stores();
  slot.tag = tag;
  ++state_.count;
  state_.known += (tag & KeyedSlot::kKnown) != 0 ? 1 : 0;
}

void KeyedShard::remove(KeyedSlot& slot) noexcept {
  --state_.count;
  state_.known -= slot.is_known() ? 1 : 0;
  const std::uint32_t capacity = state_.capacity;
  std::uint32_t hole = index_of(slot);
  const std::uint32_t start = hole;
  for (std::uint32_t i = next(hole); i != start && !slots_[i].is_free(); i = next(i)) {
    const std::uint32_t home = home_of(slots_[i].id(), shard_bits_, capacity);
    const std::uint32_t from_home = i >= home ? i - home : i + capacity - home;
    const std::uint32_t from_hole = i >= hole ? i - hole : i + capacity - hole;
    if (from_home < from_hole) continue;
    slots_[hole].word = slots_[i].word;
    order_stores();
    slots_[hole].tag = slots_[i].tag;
    order_stores();
    hole = i;
  }
  slots_[hole].tag = 0;
}

void KeyedShard::make_bucket(KeyedSlot& slot, Ticks word) noexcept {
  slot.word = word;  // still read as a block until then
  order_stores();
  slot.tag &= ~KeyedSlot::kBlocked;
}

void KeyedShard::make_blocked(KeyedSlot& slot, const KeyBlock& block, Ticks now) const noexcept {
  if (!slot.is_blocked()) {
    // Admits too little whether it is read as a bucket or as a block.
    const bool is_long = block.left > kMostKeyDebt - std::min(block.debt_behind, kMostKeyDebt);
    slot.word = now + (is_long ? kMostKeyDebt : block.left + block.debt_behind);
    order_stores();
    slot.tag |= KeyedSlot::kBlocked;
    order_stores();
  }
  slot.word = block.word(state_.quota, now);
}

Ticks KeyedShard::time_to_expiry(const KeyedSlot& slot, Ticks now) const noexcept {
  if (!slot.is_blocked()) return key_debt(slot.word, now);
  const KeyBlock block = KeyBlock::read(slot.word, state_.quota, now);
  return block.left == KeyBlock::kForever ? block.left : block.left + block.debt_behind;
}

bool KeyedShard::may_go(const KeyedSlot& slot, const SweepRule& rule,
                        std::uint32_t most_known) const noexcept {
  if (time_to_expiry(slot, rule.now) != 0) return false;
  if (rule.is_room_needed && !(slot.is_known() && state_.known <= most_known)) return true;
  // A block over is soon enough forgotten when its end is read as if it were a bucket's.
  return rule.now - slot.word >= rule.idle;
}

std::uint32_t KeyedShard::sweep(std::uint32_t steps, const SweepRule& rule) noexcept {
  const std::uint32_t before = state_.count;
  for (std::uint32_t step = 0; step < steps; ++step) {
    KeyedSlot& slot = slots_[state_.cursor];
    if (!slot.is_free() && may_go(slot, rule, before / 2)) {
      remove(slot);  // and look at what has moved here
    } else {
      state_.cursor = next(state_.cursor);
    }
  }
  return before - state_.count;
}

KeyedSlot* KeyedShard::fullest(Ticks now) noexcept {
  const Ticks price = key_price(state_.quota, 1);
  KeyedSlot* best = nullptr;
  Ticks least = state_.quota.capacity - std::min(price, state_.quota.capacity);
  for (std::uint32_t i = 0; i < state_.capacity; ++i) {
    KeyedSlot& slot = slots_[i];
    if (slot.is_free() || slot.is_blocked()) continue;
    const Ticks debt = key_debt(slot.word, now);
    if (debt > least || (debt == least && best != nullptr)) continue;
    least = debt;
    best = &slot;
  }
  return best;
}

Ticks KeyedShard::rescaled(const KeyedSlot& slot, const BucketQuota& to, Ticks now) const noexcept {
  if (!slot.is_blocked()) {
    const Ticks debt = key_debt(slot.word, now);
    // One that is full stays as it is: when it became so says how long it has been idle.
    return debt == 0 ? slot.word : now + rescaled_debt(debt, state_.quota, to);
  }
  KeyBlock block = KeyBlock::read(slot.word, state_.quota, now);
  // Its shares would be more ticks of a larger capacity, and so be owed again.
  if (block.left + block.debt_behind == 0) return slot.word & ~KeyBlock::kShares;
  block.debt_behind = rescaled_debt(block.debt_behind, state_.quota, to);
  return block.word(to, now);
}

void KeyedShard::rescale(const BucketQuota& quota, std::uint64_t generation, Ticks now) noexcept {
  state_.progress = 0;
  order_stores();
  state_.stage = KeyedShardState::Stage::rescaling;
  order_stores();
  rescale_rest(quota, generation, now);
}

/// Until all slots are done, state_.quota is that of the others.
void KeyedShard::rescale_rest(const BucketQuota& quota, std::uint64_t generation,
                              Ticks now) noexcept {
  for (std::uint32_t i = state_.progress / 2; i < state_.capacity; ++i) {
    KeyedSlot& slot = slots_[i];
    if (state_.progress % 2 != 0) {
      slot.word = state_.saved;
    } else {
      state_.saved = slot.word;
    }
    order_stores();
    state_.progress = 2 * i + 1;
    order_stores();
    if (!slot.is_free()) slot.word = rescaled(slot, quota, now);
    order_stores();
    state_.progress = 2 * (i + 1);
    order_stores();
  }
  state_.quota = quota;
  state_.generation = generation;
  order_stores();
  state_.stage = KeyedShardState::Stage::none;
}

void KeyedShard::repair(const BucketQuota& quota, std::uint64_t generation, Ticks now) noexcept {
  if (state_.stage == KeyedShardState::Stage::clearing) clear();
  drop_copies();
  if (state_.stage == KeyedShardState::Stage::rescaling) {
    rescale_rest(quota, generation, now);
  } else if (state_.generation != generation) {
    rescale(quota, generation, now);
  }
  state_.count = 0;
  state_.known = 0;
  for (std::uint32_t i = 0; i < state_.capacity; ++i) {
    state_.count += slots_[i].is_free() ? 0 : 1;
    state_.known += slots_[i].is_known() ? 1 : 0;
  }
  if (state_.cursor >= state_.capacity) state_.cursor = 0;
}

/// A shift cut short leaves the key that was being moved twice; the place it is found at is right.
void KeyedShard::drop_copies() noexcept {
  for (std::uint32_t i = 0; i < state_.capacity; ++i) {
    if (!slots_[i].is_free() && &find(slots_[i].id()) != &slots_[i]) {
      remove(slots_[i]);
      return;
    }
  }
}

void KeyedShard::clear() noexcept {
  state_.stage = KeyedShardState::Stage::clearing;
  order_stores();
  for (std::uint32_t i = 0; i < state_.capacity; ++i) slots_[i].tag = 0;
  state_.count = 0;
  state_.known = 0;
  state_.cursor = 0;
  order_stores();
  state_.stage = KeyedShardState::Stage::none;
}

void KeyedShard::move_to(KeyedSlot* slots, std::uint32_t capacity) noexcept {
  const KeyedSlot* const old = slots_;
  const std::uint32_t old_capacity = state_.capacity;
  slots_ = slots;
  state_.capacity = capacity;
  state_.cursor = 0;
  for (std::uint32_t i = 0; i < old_capacity; ++i) {
    if (!old[i].is_free()) find(old[i].id()) = old[i];
  }
}

}  // namespace pacegate
