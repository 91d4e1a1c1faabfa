#include "core/limit/backoff_table.h"

#include <algorithm>
#include <bit>

namespace pacegate {
namespace {

constexpr std::int64_t ns_between(std::uint64_t earlier, std::uint64_t later) noexcept {
  return static_cast<std::int64_t>(later - earlier);
}

BackoffOptions within_bounds(BackoffOptions options) noexcept {
  constexpr std::uint64_t kForever = BackoffOptions::kForever;
  options.base_ns = std::clamp<std::uint64_t>(options.base_ns, 1, kForever);
  options.decay_ns = std::clamp<std::uint64_t>(options.decay_ns, 1, kForever);
  options.max_level = std::clamp(options.max_level, 1U, BackoffOptions::kMaxLevel);
  options.max_targets =
      std::clamp<std::uint32_t>(options.max_targets, 1, BackoffOptions::kMaxTargets);
  return options;
}

}  // namespace

BackoffTable::BackoffTable(const BackoffOptions& options) : options_(within_bounds(options)) {
  targets_.reserve(options_.max_targets);
  slots_.resize(std::bit_ceil(std::size_t{2} * options_.max_targets), kNone);
}

unsigned BackoffTable::report(const BackoffKey& key, std::uint64_t now_ns) noexcept {
  settle(now_ns);
  ++counts_.reports;
  Index index = slots_[slot_of(key)];
  unsigned level = 0;
  if (index != kNone) {
    const Target& target = targets_[index];
    if (!target.is_quiet) return target.level;
    level = level_of(target, latest_ns_);
    unlink(index);
  } else {
    make_room();
    index = add(key);
  }
  ++counts_.escalations;
  back_off(index, std::min(level + 1, options_.max_level), latest_ns_);
  return targets_[index].level;
}

std::uint64_t BackoffTable::remaining_ns(const BackoffKey& key,
                                         std::uint64_t now_ns) const noexcept {
  if (backed_off_count_ == 0) return 0;
  const Target* target = find(key);
  if (target == nullptr) return 0;
  const std::int64_t remaining = ns_between(no_earlier(now_ns), target->until_ns);
  return remaining > 0 ? static_cast<std::uint64_t>(remaining) : 0;
}

unsigned BackoffTable::level(const BackoffKey& key, std::uint64_t now_ns) const noexcept {
  const Target* target = find(key);
  return target == nullptr ? 0 : level_of(*target, no_earlier(now_ns));
}

bool BackoffTable::clear(const BackoffKey& key, std::uint64_t now_ns) noexcept {
  settle(now_ns);
  const Index index = slots_[slot_of(key)];
  if (index == kNone) return false;
  forget(index);
  return true;
}

void BackoffTable::clear() noexcept {
  targets_.clear();
  std::fill(slots_.begin(), slots_.end(), kNone);
  free_ = kNone;
  backed_off_.fill({});
  quiet_.fill({});
  backed_off_count_ = 0;
  size_ = 0;
}

std::size_t BackoffTable::size(std::uint64_t now_ns) noexcept {
  settle(now_ns);
  return size_;
}

std::size_t BackoffTable::backed_off(std::uint64_t now_ns) noexcept {
  settle(now_ns);
  return backed_off_count_;
}

std::optional<std::uint64_t> BackoffTable::next_free_ns(std::uint64_t now_ns) noexcept {
  settle(now_ns);
  std::optional<std::uint64_t> soonest;
  for (const Queue& queue : backed_off_) {
    if (queue.first == kNone) continue;
    const std::uint64_t until = targets_[queue.first].until_ns;
    if (!soonest || ns_between(until, *soonest) > 0) soonest = until;
  }
  return soonest;
}

std::size_t BackoffTable::bytes() const noexcept {
  return sizeof *this + targets_.capacity() * sizeof(Target) + slots_.capacity() * sizeof(Index);
}

std::uint64_t BackoffTable::no_earlier(std::uint64_t now_ns) const noexcept {
  return has_begun_ && ns_between(latest_ns_, now_ns) < 0 ? latest_ns_ : now_ns;
}

std::uint64_t BackoffTable::silence_ns(unsigned level) const noexcept {
  const unsigned doublings = level - 1;
  const bool fits = options_.base_ns <= BackoffOptions::kForever >> doublings;
  return fits ? options_.base_ns << doublings : BackoffOptions::kForever;
}

std::uint64_t BackoffTable::forget_ns(const Target& target) const noexcept {
  const bool fits = options_.decay_ns <= BackoffOptions::kForever / target.level;
  return target.until_ns + (fits ? options_.decay_ns * target.level : BackoffOptions::kForever);
}

unsigned BackoffTable::level_of(const Target& target, std::uint64_t now_ns) const noexcept {
  const std::int64_t quiet = ns_between(target.until_ns, now_ns);
  if (quiet <= 0 || options_.decay_ns == BackoffOptions::kForever) return target.level;
  const std::uint64_t lost = static_cast<std::uint64_t>(quiet) / options_.decay_ns;
  return lost >= target.level ? 0 : target.level - static_cast<unsigned>(lost);
}

/// Moves everybody whose silence is over to the quiet ones, and forgets those who decayed to 0.
void BackoffTable::settle(std::uint64_t now_ns) noexcept {
  latest_ns_ = no_earlier(now_ns);
  has_begun_ = true;
  for (unsigned level = 1; level <= options_.max_level && size_ > 0; ++level) {
    for (Index i = backed_off_[level].first; i != kNone; i = backed_off_[level].first) {
      if (ns_between(targets_[i].until_ns, latest_ns_) < 0) break;
      unlink(i);
      targets_[i].is_quiet = true;
      append(i);
    }
    for (Index i = quiet_[level].first; i != kNone; i = quiet_[level].first) {
      if (ns_between(forget_ns(targets_[i]), latest_ns_) < 0) break;
      ++counts_.decayed;
      forget(i);
    }
  }
}

/// Forgets one target when there is no room for another.
void BackoffTable::make_room() noexcept {
  if (size_ < options_.max_targets) return;
  const bool all_backed_off = backed_off_count_ == size_;
  const Queues& queues = all_backed_off ? backed_off_ : quiet_;
  Index victim = kNone;
  std::uint64_t soonest = 0;
  for (const Queue& queue : queues) {
    if (queue.first == kNone) continue;
    const Target& target = targets_[queue.first];
    const std::uint64_t end = all_backed_off ? target.until_ns : forget_ns(target);
    if (victim != kNone && ns_between(end, soonest) <= 0) continue;
    victim = queue.first;
    soonest = end;
  }
  ++(all_backed_off ? counts_.overflowed : counts_.evicted);
  forget(victim);
}

BackoffTable::Index BackoffTable::add(const BackoffKey& key) noexcept {
  Index index = free_;
  if (index == kNone) {
    index = static_cast<Index>(targets_.size());
    targets_.emplace_back();  // within what the constructor reserved
  } else {
    free_ = targets_[index].next;
  }
  targets_[index].key = key;
  slots_[slot_of(key)] = index;
  ++size_;
  return index;
}

void BackoffTable::forget(Index index) noexcept {
  unlink(index);
  close_gap(slot_of(targets_[index].key));
  targets_[index].next = free_;
  free_ = index;
  --size_;
}

void BackoffTable::back_off(Index index, unsigned level, std::uint64_t now_ns) noexcept {
  Target& target = targets_[index];
  target.level = static_cast<std::uint8_t>(level);
  target.until_ns = now_ns + silence_ns(level);
  target.is_quiet = false;
  append(index);
}

BackoffTable::Queue& BackoffTable::queue_of(const Target& target) noexcept {
  return (target.is_quiet ? quiet_ : backed_off_)[target.level];
}

void BackoffTable::append(Index index) noexcept {
  Target& target = targets_[index];
  Queue& queue = queue_of(target);
  target.previous = queue.last;
  target.next = kNone;
  (queue.last == kNone ? queue.first : targets_[queue.last].next) = index;
  queue.last = index;
  if (!target.is_quiet) ++backed_off_count_;
}

void BackoffTable::unlink(Index index) noexcept {
  const Target& target = targets_[index];
  Queue& queue = queue_of(target);
  (target.previous == kNone ? queue.first : targets_[target.previous].next) = target.next;
  (target.next == kNone ? queue.last : targets_[target.next].previous) = target.previous;
  if (!target.is_quiet) --backed_off_count_;
}

std::size_t BackoffTable::home_of(const BackoffKey& key) const noexcept {
  SipState state(options_.seed);
  state.absorb(key.high);
  state.absorb(key.low);
  return state.finish(static_cast<std::uint64_t>(key.kind), 17) & (slots_.size() - 1);
}

/// Where the key is, or the empty slot where it would be.
std::size_t BackoffTable::slot_of(const BackoffKey& key) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = home_of(key);
  while (slots_[slot] != kNone && targets_[slots_[slot]].key != key) slot = (slot + 1) & mask;
  return slot;
}

const BackoffTable::Target* BackoffTable::find(const BackoffKey& key) const noexcept {
  const Index index = slots_[slot_of(key)];
  return index == kNone ? nullptr : &targets_[index];
}

/// Empties a slot and moves up what would no longer be found behind it (linear probing without
/// tombstones; D. E. Knuth, "The Art of Computer Programming", vol. 3, 6.4, algorithm R).
void BackoffTable::close_gap(std::size_t slot) noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = (slot + 1) & mask; slots_[i] != kNone; i = (i + 1) & mask) {
    const std::size_t home = home_of(targets_[slots_[i]].key);
    const bool is_reached_over_gap = ((i - home) & mask) >= ((i - slot) & mask);
    if (!is_reached_over_gap) continue;
    slots_[slot] = slots_[i];
    slot = i;
  }
  slots_[slot] = kNone;
}

BackoffChoice first_ready(const BackoffTable& table, std::span<const IpAddress> targets,
                          std::uint64_t now_ns) noexcept {
  BackoffChoice choice;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::uint64_t wait = table.remaining_ns(table.key_of(targets[i]), now_ns);
    if (wait == 0) return {BackoffChoice::Outcome::ready, i, 0};
    choice.wait_ns = i == 0 ? wait : std::min(choice.wait_ns, wait);
    choice.outcome = BackoffChoice::Outcome::all_backed_off;
  }
  return choice;
}

}  // namespace pacegate
