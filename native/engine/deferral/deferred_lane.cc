#include "engine/deferral/deferred_lane.h"

#include <algorithm>
#include <utility>

namespace pacegate {
namespace {

// Pairs that may change lists in one call, so that a network of millions that comes back does not hold
// the sending thread up.
constexpr int kMaxMoves = 1024;

using Verdict = TargetGate::Verdict;

}  // namespace

DeferredLane::DeferredLane(TargetGate& gate, AddressOf address_of, const LaneOptions& options)
    : gate_(gate), address_of_(std::move(address_of)), options_(options) {}

// ---- lists and when to look at them --------------------------------------------------------------

DeferredLane::Index DeferredLane::find(const BlockKey& key) const {
  return index_.find(gate_.hash(key), [&](Index index) { return blockers_[index].key == key; });
}

/// A list for a blocker that has none.
DeferredLane::Index DeferredLane::add(const BlockKey& key, std::uint64_t at_ns) {
  Index index = static_cast<Index>(blockers_.size());
  if (free_.empty()) {
    blockers_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  blockers_[index] = {};
  blockers_[index].key = key;
  index_.insert(gate_.hash(key), index);
  ++blockers_in_use_;
  schedule(index, at_ns);
  return index;
}

/// The list of a blocker, which is looked at then at the latest.
DeferredLane::Index DeferredLane::obtain(const BlockKey& key, std::uint64_t at_ns) {
  const Index index = find(key);
  if (index == kNone) return add(key, at_ns);
  schedule(index, at_ns);
  return index;
}

void DeferredLane::release(Index blocker) noexcept {
  index_.erase(gate_.hash(blockers_[blocker].key), blocker);
  free_.push_back(blocker);
  note_cause(blocker, false);
  --blockers_in_use_;
}

void DeferredLane::note_cause(Index blocker, bool is_cap) noexcept {
  if (blockers_[blocker].is_capped == is_cap) return;
  blockers_[blocker].is_capped = is_cap;
  if (is_cap) {
    ++capped_;
  } else {
    --capped_;
  }
}

void DeferredLane::schedule(Index blocker, std::uint64_t at_ns) {
  if (at_ns == TargetGate::kHeld || blockers_[blocker].is_scheduled) return;
  blockers_[blocker].is_scheduled = true;
  heap_.push_back({at_ns, turns_++, blocker});
  std::push_heap(heap_.begin(), heap_.end());
}

/// After it was looked at: an empty list goes.
void DeferredLane::reschedule(Index blocker, std::uint64_t at_ns) {
  if (blockers_[blocker].waiting.empty()) {
    release(blocker);
  } else {
    schedule(blocker, at_ns);
  }
}

/// Something has changed about it.
void DeferredLane::wake(const BlockKey& key, std::uint64_t now_ns) {
  const Index blocker = find(key);
  if (blocker != kNone) schedule(blocker, now_ns);
}

void DeferredLane::wake_around(const IpAddress& address, std::uint64_t now_ns) {
  if (blockers_in_use_ == 0) return;
  wake(gate_.key_of(BlockScope::target, address), now_ns);
  wake(gate_.key_of(BlockScope::network, address), now_ns);
}

std::uint64_t DeferredLane::next_turn_ns() const noexcept {
  const bool may_send = !stopped_ && flights_.size() < options_.max_in_flight;
  return may_send && !heap_.empty() ? heap_.front().at_ns : UINT64_MAX;
}

// ---- in ------------------------------------------------------------------------------------------

DeferredLane::Admission DeferredLane::admit(const IpAddress& address, std::uint64_t now_ns) {
  using Outcome = Admission::Outcome;
  latest_ns_ = std::max(latest_ns_, now_ns);
  // Nobody overtakes those who wait for the same target.
  const BlockKey target = gate_.key_of(BlockScope::target, address);
  if (find(target) != kNone) return {full() ? Outcome::full : Outcome::park, target, now_ns, false};
  const Verdict verdict = gate_.admit(address, now_ns, false);
  if (verdict.outcome == Verdict::Outcome::give_up) return {Outcome::give_up, {}, 0, false};
  if (verdict.outcome != Verdict::Outcome::wait) return {};
  const Outcome outcome = full() ? Outcome::full : Outcome::park;
  return {outcome, verdict.blocker, verdict.until_ns, verdict.is_cap};
}

void DeferredLane::park(const Candidate& candidate, const Admission& admission) {
  Index list = find(admission.blocker);
  if (list == kNone) {
    list = add(admission.blocker, admission.until_ns);
    note_cause(list, admission.is_cap);
  }
  pool_.push(blockers_[list].waiting,
             {candidate.position, candidate.tries, floor_.add(candidate.settled)});
}

// ---- out -----------------------------------------------------------------------------------------

std::optional<DeferredLane::Turn> DeferredLane::next(std::uint64_t now_ns) {
  latest_ns_ = std::max(latest_ns_, now_ns);
  for (int moves = 0; moves < kMaxMoves && next_turn_ns() <= now_ns; ++moves) {
    const Index blocker = heap_.front().blocker;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    blockers_[blocker].is_scheduled = false;
    const auto turn = serve(blocker, now_ns);
    if (turn) return turn;
  }
  return std::nullopt;
}

/// Asks the gate about the first pair of a list.
std::optional<DeferredLane::Turn> DeferredLane::serve(Index blocker, std::uint64_t now_ns) {
  const IpAddress address = address_of_(pool_.front(blockers_[blocker].waiting).position);
  const Verdict verdict = gate_.admit(address, now_ns, true);
  if (verdict.outcome != Verdict::Outcome::wait) return depart(blocker, address, verdict, now_ns);
  if (verdict.blocker == blockers_[blocker].key) {
    note_cause(blocker, verdict.is_cap);
    schedule(blocker, verdict.until_ns);
  } else {
    wait_elsewhere(blocker, verdict);
  }
  return std::nullopt;
}

void DeferredLane::wait_elsewhere(Index from, const Verdict& verdict) {
  const Index to = obtain(verdict.blocker, verdict.until_ns);
  note_cause(to, verdict.is_cap);
  pool_.move_first(blockers_[from].waiting, blockers_[to].waiting);
  const bool is_targets = blockers_[from].key.scope == BlockScope::target;
  // A target's next pair follows when this one has left: see the class comment.
  reschedule(from, is_targets ? TargetGate::kHeld : latest_ns_);
}

/// The first pair leaves its list: to be sent, or for good.
DeferredLane::Turn DeferredLane::depart(Index from, const IpAddress& address,
                                        const Verdict& verdict, std::uint64_t now_ns) {
  const ParkedPair pair = pool_.front(blockers_[from].waiting);
  pool_.pop(blockers_[from].waiting);
  const bool is_given_up = verdict.outcome == Verdict::Outcome::give_up;
  const bool is_probe = verdict.outcome == Verdict::Outcome::probe;
  if (is_given_up) {
    floor_.remove(pair.mark);
  } else {
    flights_.add(flying_, {.position = pair.position,
                           .sent_ns = now_ns,
                           .mark = pair.mark,
                           .tries = static_cast<std::uint16_t>(pair.tries + 1),
                           .is_probe = is_probe});
  }
  reschedule(from, now_ns);
  wake(gate_.key_of(BlockScope::target, address), now_ns);
  return {pair.position, is_given_up, is_probe};
}

// ---- in flight -----------------------------------------------------------------------------------

void DeferredLane::sent_again(std::uint64_t position, std::uint64_t now_ns) noexcept {
  const Index flight = flights_.find(position);
  if (flight != kNone) flights_.sent_again(flying_, flying_, flight, now_ns);
}

void DeferredLane::unsent(std::uint64_t position) noexcept {
  const Index flight = flights_.find(position);
  if (flight != kNone) flights_.at(flight).is_unsent = true;
}

std::optional<DeferredLane::Answered> DeferredLane::answer(std::uint64_t position,
                                                           bool is_complaint) {
  const Index index = flights_.find(position);
  if (index == kNone) return std::nullopt;
  const Flight flight = flights_.at(index);
  flights_.remove(flying_, index);
  floor_.remove(flight.mark);
  if (flight.is_probe && !is_complaint) {
    const IpAddress address = address_of_(position);
    gate_.probe_over(address, TargetGate::ProbeEnd::well);
    wake_around(address, latest_ns_);
  }
  return Answered{flight.sent_ns, flight.tries > 1};
}

std::optional<TargetGate::Escalation> DeferredLane::complain(const IpAddress& address,
                                                             std::uint64_t now_ns) {
  latest_ns_ = std::max(latest_ns_, now_ns);
  const auto escalation = gate_.complain(address, now_ns);
  wake_around(address, now_ns);
  return escalation;
}

std::optional<DeferredLane::Silent> DeferredLane::settle_next(std::uint64_t heard_ns) {
  while (!flying_.empty()) {
    const Index index = flying_.first;
    const Flight flight = flights_.at(index);
    const bool is_over =
        heard_ns >= flight.sent_ns && heard_ns - flight.sent_ns >= options_.timeout_ns;
    if (!is_over) return std::nullopt;
    flights_.remove(flying_, index);
    const bool has_tries = flight.tries < options_.tries;
    const IpAddress address = address_of_(flight.position);
    if (flight.is_probe) {
      // One that never left proves nothing.
      gate_.probe_over(address,
                       flight.is_unsent ? TargetGate::ProbeEnd::lost : TargetGate::ProbeEnd::well);
      wake_around(address, latest_ns_);
    }
    if (!has_tries) {
      floor_.remove(flight.mark);
      return Silent{flight.position, flight.is_unsent};
    }
    const Index list = obtain(gate_.key_of(BlockScope::target, address), latest_ns_);
    pool_.push(blockers_[list].waiting, {flight.position, flight.tries, flight.mark});
  }
  return std::nullopt;
}

}  // namespace pacegate
