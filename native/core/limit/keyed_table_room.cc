// How a KeyedTable finds room: memory, growth, eviction.
#include <algorithm>
#include <bit>
#include <new>

#include "core/limit/keyed_table.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kKeysPerShard = 8192;  // 256 kB at the most: what a resize may take at once
constexpr std::uint32_t kLeastCapacity = 8;
// Slots looked at for each new key: with room, so that few idle ones are in the way when a shard
// would grow; without, so that those that fill up again are found soon.
constexpr std::uint32_t kStepsWithRoom = 4;
constexpr std::uint32_t kStepsWithoutRoom = 16;

std::unique_ptr<KeyedLine[]> allocate(std::uint32_t capacity) noexcept {
  return std::unique_ptr<KeyedLine[]>(new (std::nothrow) KeyedLine[capacity / kSlotsInLine]);
}

KeyedSlot* slots_of(const std::unique_ptr<KeyedLine[]>& lines) noexcept {
  static_assert(sizeof(KeyedLine) == kSlotsInLine * sizeof(KeyedSlot));
  return reinterpret_cast<KeyedSlot*>(lines.get());
}

/// At three quarters, a search for a key that is not there looks at 8.5 slots (Knuth, 6.4).
bool is_crowded(const KeyedShardState& shard) noexcept {
  return std::uint64_t{shard.count} * 4 >= std::uint64_t{shard.capacity} * 3;
}

bool is_sparse(const KeyedShardState& shard) noexcept {
  return shard.capacity > 8 * kLeastCapacity && shard.count < shard.capacity / 8;
}

/// Steps of a sweep that meets every slot: one that is freed is looked at again.
std::uint32_t whole_round(const KeyedShardState& shard) noexcept {
  return shard.capacity + shard.count;
}

/// Half full: 32 bytes a key.
std::uint32_t roomy_capacity(const KeyedShardState& shard) noexcept {
  const std::uint32_t lines = (2 * shard.count + kSlotsInLine) / kSlotsInLine;
  return std::max(kLeastCapacity, lines * kSlotsInLine);
}

}  // namespace

std::uint32_t KeyedTable::shards_for(std::uint64_t max_keys) noexcept {
  return static_cast<std::uint32_t>(
      std::bit_ceil(std::max<std::uint64_t>(1, max_keys / kKeysPerShard)));
}

KeyedTable::KeyedTable(const KeyedOptions& options)
    : shard_bits_(static_cast<std::uint32_t>(std::countr_zero(shards_for(options.max_keys)))),
      own_header_(std::make_unique<KeyedHeader>(options)),
      own_shards_(std::make_unique<KeyedShardState[]>(shard_count())) {
  header_ = own_header_.get();
  shards_ = own_shards_.get();
  own_slots_.reserve(shard_count());
  slots_.reserve(shard_count());
  for (std::uint32_t i = 0; i < shard_count(); ++i) {
    own_slots_.push_back(std::make_unique<KeyedLine[]>(kLeastCapacity / kSlotsInLine));
    slots_.push_back(slots_of(own_slots_.back()));
    shards_[i].quota = options.quota;
    shards_[i].capacity = kLeastCapacity;
  }
  constexpr std::size_t kPerShard = sizeof(KeyedShardState) + sizeof(KeyedSlot*) +
                                    sizeof(std::unique_ptr<KeyedLine[]>) +
                                    kLeastCapacity * sizeof(KeyedSlot);
  bytes_ = sizeof(KeyedTable) + sizeof(KeyedHeader) + shard_count() * kPerShard;
}

KeyedTable::KeyedTable(const KeyedMemory& memory, const KeyedCounts& counts)
    : header_(&memory.header),
      shards_(memory.shards.data()),
      shard_bits_(static_cast<std::uint32_t>(std::countr_zero(memory.shards.size()))),
      bytes_(sizeof(KeyedHeader) + memory.shards.size_bytes() + memory.lines.size_bytes()),
      counts_(counts) {
  const std::size_t each = memory.lines.size() / memory.shards.size();
  slots_.reserve(shard_count());
  for (std::size_t i = 0; i < shard_count(); ++i) {
    slots_.push_back(memory.lines[i * each].slots);
  }
}

SweepRule KeyedTable::sweep_rule(Ticks now) const noexcept {
  return {.now = now, .idle = header_->idle, .is_room_needed = entries() >= header_->max_keys};
}

void KeyedTable::sweep(std::uint32_t index, std::uint32_t steps, Ticks now) noexcept {
  const SweepRule rule = sweep_rule(now);
  const std::uint32_t freed = shard_at(index).sweep(steps, rule);
  if (freed == 0) return;
  header_->entries.fetch_sub(freed, std::memory_order_relaxed);
  if (rule.is_room_needed) counts_.evicted += freed;
}

bool KeyedTable::has_room(std::uint32_t index, Ticks now) noexcept {
  const bool is_full = entries() >= header_->max_keys;
  sweep(index, is_full ? kStepsWithoutRoom : kStepsWithRoom, now);
  if (entries() >= header_->max_keys) return false;
  const KeyedShardState& state = shards_[index];
  if (is_sparse(state)) resize(index, roomy_capacity(state));
  if (!is_crowded(state)) return true;
  if (!own_slots_.empty()) {
    sweep(index, whole_round(state), now);
    if (state.count * 2 < state.capacity || resize(index, roomy_capacity(state))) return true;
  }
  // Fixed in size, or no memory to be had: searches get longer, but must end.
  return state.count < state.capacity - state.capacity / 8;
}

bool KeyedTable::make_room(std::uint32_t index, Ticks now) noexcept {
  if (has_room(index, now)) return true;
  sweep(index, whole_round(shards_[index]), now);
  if (has_room(index, now)) return true;
  KeyedShard shard = shard_at(index);
  KeyedSlot* const victim = shard.fullest(now);
  if (victim == nullptr) return false;
  raise_overflow(key_debt(victim->word, now), now);
  drop(shard, *victim);
  ++counts_.evicted;
  return true;
}

KeyedSlot& KeyedTable::add(KeyedShard& shard, KeyId id, Ticks now) noexcept {
  header_->entries.fetch_add(1, std::memory_order_relaxed);
  KeyedSlot& slot = shard.find(id);
  shard.occupy(slot, id, now + overflow_debt(now));
  return slot;
}

void KeyedTable::drop(KeyedShard& shard, KeyedSlot& slot) noexcept {
  shard.remove(slot);
  header_->entries.fetch_sub(1, std::memory_order_relaxed);
}

KeyedSlot* KeyedTable::find_or_force(std::uint32_t index, KeyId id, Ticks now) noexcept {
  KeyedSlot& found = shard_at(index).find(id);
  if (!found.is_free()) return &found;
  if (!make_room(index, now)) return nullptr;
  KeyedShard shard = shard_at(index);
  return &add(shard, id, now);
}

bool KeyedTable::resize(std::uint32_t index, std::uint32_t capacity) noexcept {
  if (own_slots_.empty()) return false;
  std::unique_ptr<KeyedLine[]> lines = allocate(capacity);
  if (!lines) return false;
  const std::size_t before = shards_[index].capacity;
  shard_at(index).move_to(slots_of(lines), capacity);
  slots_[index] = slots_of(lines);
  own_slots_[index] = std::move(lines);
  bytes_ += (capacity - before) * sizeof(KeyedSlot);  // modulo 2^64, so it may shrink
  return true;
}

void KeyedTable::clear() noexcept {
  for (std::uint32_t i = 0; i < shard_count(); ++i) {
    shard_at(i).clear();
    if (is_sparse(shards_[i])) resize(i, kLeastCapacity);
  }
  header_->entries.store(0, std::memory_order_relaxed);
  header_->overflow.store(KeyedHeader::kNoOverflow, std::memory_order_relaxed);
}

void KeyedTable::tidy(Ticks now) noexcept {
  for (std::uint32_t i = 0; i < shard_count(); ++i) tidy_shard(i, now);
}

void KeyedTable::tidy_shard(std::uint32_t index, Ticks now) noexcept {
  KeyedShard shard = shard_at(index);
  SweepRule rule = sweep_rule(now);
  rule.is_room_needed = false;
  const std::uint32_t freed = shard.sweep(whole_round(shards_[index]), rule);
  header_->entries.fetch_sub(freed, std::memory_order_relaxed);
  if (is_sparse(shards_[index])) resize(index, roomy_capacity(shards_[index]));
}

void KeyedTable::repair(Ticks now) noexcept {
  const Quota current = current_quota();
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < shard_count(); ++i) {
    shard_at(i).repair(current.quota, current.generation, now);
    total += shards_[i].count;
  }
  header_->entries.store(total, std::memory_order_relaxed);
}

void KeyedTable::copy_to(KeyedTable& other, Ticks now) noexcept {
  if (const Ticks debt = overflow_debt(now); debt != 0) other.raise_overflow(debt, now);
  for (std::uint32_t i = 0; i < shard_count(); ++i) {
    const std::uint32_t capacity = shards_[i].capacity;
    for (std::uint32_t slot = 0; slot < capacity; ++slot) {
      if (!slots_[i][slot].is_free()) other.adopt(i, slots_[i][slot], now);
    }
  }
}

void KeyedTable::adopt(std::uint32_t index, const KeyedSlot& slot, Ticks now) noexcept {
  KeyedShard shard = shard_at(index);
  if (is_crowded(shards_[index]) && !has_room(index, now)) {
    // A fixed shard that got far more than its share: as if the key had never had a place.
    raise_overflow(std::min(shard.time_to_expiry(slot, now), shard.quota().capacity), now);
    return;
  }
  shard.occupy(shard.find(slot.id()), slot.tag, slot.word);
  header_->entries.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace pacegate
