#include "engine/deferral/target_gate.h"

#include <algorithm>

namespace pacegate {
namespace {

using Verdict = TargetGate::Verdict;
using Unit = SilenceTable::Unit;

BackoffOptions seeded(BackoffOptions options, const SipKey& seed) {
  options.seed = seed;
  return options;
}

/// What a unit that holds back says: nothing when it only wants to be probed first.
std::optional<Verdict> objection(SilenceTable& table, Unit& unit, std::uint64_t now_ns) {
  if (table.check_limit(unit, now_ns)) return Verdict{Verdict::Outcome::give_up, {}, 0, false};
  if (unit.state == SilenceTable::State::probing) {
    return Verdict{Verdict::Outcome::wait, {}, TargetGate::kHeld, false};
  }
  if (unit.until_ns <= now_ns) return std::nullopt;
  return Verdict{Verdict::Outcome::wait, {}, std::min(unit.until_ns, table.limit_at(unit)), false};
}

}  // namespace

TargetGate::TargetGate(const GateOptions& options)
    : options_(options),
      targets_(seeded(options.levels, options.seed), options.backoff_limit_ns),
      networks_(seeded(options.levels, options.seed), options.backoff_limit_ns),
      caps_(options.caps, options.seed) {
  look_quiet();
}

BlockKey TargetGate::key_of(BlockScope scope, const IpAddress& address) const noexcept {
  switch (scope) {
    case BlockScope::network:
      return {BackoffKey::of(address, options_.networks), scope};
    case BlockScope::zone:
      return {BackoffKey::of(address, options_.caps.prefixes), scope};
    case BlockScope::target:
      break;
  }
  return {BackoffKey::of(address, {.v4 = 32, .v6 = 128}), BlockScope::target};
}

Verdict TargetGate::admit(const IpAddress& address, std::uint64_t now_ns, bool may_probe) {
  Unit* half_open[2] = {nullptr, nullptr};
  if (const auto refusal = ask(BlockScope::network, address, now_ns, may_probe, half_open[0])) {
    return *refusal;
  }
  if (const auto refusal = ask(BlockScope::target, address, now_ns, may_probe, half_open[1])) {
    return *refusal;
  }
  const RateCaps::Verdict cap = caps_.take(address, now_ns);
  if (!cap.allowed) {
    return {Verdict::Outcome::wait, key_of(cap.blocker, address), cap.until_ns, true};
  }
  Verdict verdict;
  for (Unit* unit : half_open) {
    if (unit == nullptr) continue;
    unit->state = State::probing;
    verdict.outcome = Verdict::Outcome::probe;
  }
  return verdict;
}

/// What the target or its network says. \param half_open the unit, where it wants to be probed first
std::optional<Verdict> TargetGate::ask(BlockScope scope, const IpAddress& address,
                                       std::uint64_t now_ns, bool may_probe, Unit*& half_open) {
  SilenceTable& table = scope == BlockScope::network ? networks_ : targets_;
  if (table.empty()) return std::nullopt;
  const BlockKey key = key_of(scope, address);
  const Index index = table.find(key.key);
  if (index == kNone || !table.at(index).holds_back()) return std::nullopt;
  Unit& unit = table.at(index);
  auto refusal = objection(table, unit, now_ns);
  // Who cannot be the one probe waits for its turn to be it.
  if (!refusal && !may_probe) refusal = Verdict{Verdict::Outcome::wait, {}, now_ns, false};
  if (refusal) {
    refusal->blocker = key;
  } else {
    half_open = &unit;
  }
  return refusal;
}

std::optional<TargetGate::Escalation> TargetGate::complain(const IpAddress& address,
                                                           std::uint64_t now_ns) {
  if (!options_.back_off) return std::nullopt;
  const Index silent = networks_.find(key_of(BlockScope::network, address).key);
  // What a silent network's addresses say counts for the network alone.
  const BackoffKey key = key_of(BlockScope::target, address).key;
  Index target = targets_.find(key);
  if (silent != kNone && networks_.at(silent).holds_back()) {
    // It need not be a member: its former network's entry may have had to make room.
    if (target != kNone && targets_.at(target).state == State::probing) {
      targets_.at(target).state = State::silent;  // of the past
    }
    return complain_network(silent, now_ns);
  }
  if (target == kNone) {
    Unit evicted;
    target = targets_.add(key, now_ns, evicted);
    if (evicted.in_use) leave_network(evicted, target);
    const Index network = network_for(address, now_ns);
    if (!join_network(target, network)) {
      targets_.remove(target);
      return complain_network(network, now_ns);
    }
  }
  quiet_ = false;
  const SilenceTable::Complaint complaint = targets_.complain(target, now_ns);
  if (!complaint.raised) return std::nullopt;
  return Escalation{BlockScope::target, complaint.level, complaint.silence_ns};
}

/// The members' own silences are over with the network's.
std::optional<TargetGate::Escalation> TargetGate::complain_network(Index network,
                                                                   std::uint64_t now_ns) {
  quiet_ = false;
  for (Index& member : networks_.at(network).members) {
    if (member != kNone) targets_.forget(member, now_ns);
    member = kNone;
  }
  const SilenceTable::Complaint complaint = networks_.complain(network, now_ns);
  if (!complaint.raised) return std::nullopt;
  return Escalation{BlockScope::network, complaint.level, complaint.silence_ns};
}

TargetGate::Index TargetGate::network_for(const IpAddress& address, std::uint64_t now_ns) {
  const BackoffKey key = key_of(BlockScope::network, address).key;
  const Index known = networks_.find(key);
  if (known != kNone) return known;
  Unit evicted;
  const Index network = networks_.add(key, now_ns, evicted);
  for (const Index member : evicted.members) {
    if (member != kNone) targets_.at(member).network = kNone;
  }
  return network;
}

bool TargetGate::join_network(Index target, Index network) noexcept {
  for (Index& member : networks_.at(network).members) {
    if (member != kNone) continue;
    member = target;
    targets_.at(target).network = network;
    return true;
  }
  return false;
}

void TargetGate::leave_network(const Unit& target, Index index) noexcept {
  if (target.network == kNone) return;
  bool is_empty = true;
  for (Index& member : networks_.at(target.network).members) {
    if (member == index) member = kNone;
    is_empty = is_empty && member == kNone;
  }
  if (is_empty) networks_.remove(target.network);
}

void TargetGate::probe_over(const IpAddress& address, ProbeEnd end) noexcept {
  const auto settle = [&](SilenceTable& table, BlockScope scope) -> Index {
    const Index index = table.find(key_of(scope, address).key);
    if (index == kNone || table.at(index).state != State::probing) return kNone;
    table.at(index).state = State::silent;  // of the past
    return end == ProbeEnd::well ? index : kNone;
  };
  const Index network = settle(networks_, BlockScope::network);
  if (network != kNone) networks_.remove(network);
  const Index target = settle(targets_, BlockScope::target);
  if (target != kNone) {
    const Unit unit = targets_.at(target);
    targets_.remove(target);
    leave_network(unit, target);
  }
  look_quiet();
}

void TargetGate::tidy(std::uint64_t now_ns) {
  targets_.tidy(now_ns, [this](const Unit& unit, Index index) { leave_network(unit, index); });
  networks_.tidy(now_ns, [](const Unit&, Index) {});
  look_quiet();
}

void TargetGate::postpone_limits(std::uint64_t by_ns) noexcept {
  targets_.postpone_limits(by_ns);
  networks_.postpone_limits(by_ns);
}

std::size_t TargetGate::backed_off(std::uint64_t now_ns) noexcept {
  return targets_.backed_off(now_ns) + networks_.backed_off(now_ns);
}

void TargetGate::look_quiet() noexcept {
  quiet_ = targets_.empty() && networks_.empty() && !caps_.any() && !options_.is_always_asked;
}

}  // namespace pacegate
