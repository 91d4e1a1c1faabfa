#include "engine/deferral/silence_table.h"

#include <algorithm>

#include "engine/deferral/block_key.h"

namespace pacegate {

SilenceTable::SilenceTable(const BackoffOptions& options, std::uint64_t limit_ns)
    : levels_(options), limit_ns_(std::min(limit_ns, BackoffOptions::kForever)) {}

std::uint32_t SilenceTable::hash(const BackoffKey& key) const noexcept {
  return hash_of(key, levels_.options().seed);
}

SilenceTable::Index SilenceTable::find(const BackoffKey& key) const {
  if (empty()) return kNone;
  return index_.find(hash(key), [&](Index index) { return units_[index].key == key; });
}

SilenceTable::Index SilenceTable::add(const BackoffKey& key, std::uint64_t now_ns, Unit& evicted) {
  evicted = {};
  if (index_.size() >= levels_.options().max_targets) {
    const Index index = victim(now_ns);
    evicted = units_[index];
    remove(index);
  }
  Index index = static_cast<Index>(units_.size());
  if (free_.empty()) {
    units_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  units_[index] = {};
  units_[index].key = key;
  units_[index].in_use = true;
  index_.insert(hash(key), index);
  return index;
}

void SilenceTable::remove(Index index) noexcept {
  index_.erase(hash(units_[index].key), index);
  units_[index].in_use = false;
  free_.push_back(index);
}

void SilenceTable::forget(Index index, std::uint64_t now_ns) noexcept {
  levels_.clear(units_[index].key, now_ns);
  remove(index);
}

/// Among the next few, one whose silence is over; otherwise the first.
SilenceTable::Index SilenceTable::victim(std::uint64_t now_ns) noexcept {
  constexpr std::size_t kSteps = 64;
  Index first = kNone;
  for (std::size_t i = 0; first == kNone || i < kSteps; ++i) {
    hand_ = hand_ + 1 < units_.size() ? hand_ + 1 : 0;
    const Unit& unit = units_[hand_];
    if (!unit.in_use) continue;
    if (unit.state == State::counting || (unit.state == State::silent && unit.until_ns <= now_ns)) {
      return static_cast<Index>(hand_);
    }
    if (first == kNone) first = static_cast<Index>(hand_);
  }
  return first;
}

SilenceTable::Complaint SilenceTable::complain(Index index, std::uint64_t now_ns) {
  Unit& unit = units_[index];
  if (unit.state == State::given_up) return {};
  const std::uint64_t escalations = levels_.counts().escalations;
  Complaint complaint;
  complaint.level = levels_.report(unit.key, now_ns);
  complaint.silence_ns = levels_.remaining_ns(unit.key, now_ns);
  complaint.raised = levels_.counts().escalations != escalations;
  if (unit.state == State::counting) unit.since_ns = now_ns;
  unit.state = State::silent;
  unit.until_ns = now_ns + complaint.silence_ns;
  if (check_limit(unit, now_ns)) complaint.raised = false;
  return complaint;
}

bool SilenceTable::check_limit(Unit& unit, std::uint64_t now_ns) noexcept {
  if (unit.state == State::silent && now_ns >= limit_at(unit)) unit.state = State::given_up;
  return unit.state == State::given_up;
}

std::uint64_t SilenceTable::limit_at(const Unit& unit) const noexcept {
  return limit_ns_ == BackoffOptions::kForever ? UINT64_MAX : unit.since_ns + limit_ns_;
}

void SilenceTable::postpone_limits(std::uint64_t by_ns) noexcept {
  for (Unit& unit : units_) unit.since_ns += by_ns;
}

}  // namespace pacegate
