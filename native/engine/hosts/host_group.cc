#include "engine/hosts/host_group.h"

#include <algorithm>
#include <utility>

#include "core/time.h"
#include "engine/hosts/host_flight.h"
#include "engine/scan/retry_timeout.h"

namespace pacegate {
namespace {

// Targets that waited are looked at again so often, and so many of them at once: the bucket of a cap
// holds 10 ms of its rate, and a round over 65 536 targets takes 80 ms.
constexpr std::uint64_t kRoundNs = 5 * kNsPerMs;
constexpr std::uint32_t kPlacesARound = 4096;
// Behind the one probe of a network nobody knows when it will be answered.
constexpr std::uint64_t kHeldNs = 10 * kNsPerMs;

// Places for targets that linger, as many times as others; 65 536 together at the most, or `max`.
constexpr std::uint64_t kPlacesATarget = 8;
constexpr std::uint64_t kMostPlaces = 65'536;

std::uint64_t targets_of(const TargetPlan& plan) {
  return plan.size() / plan.ports();
}

std::size_t places_for(std::uint64_t most_active, const TargetPlan& plan) {
  const std::uint64_t wanted = std::min(kPlacesATarget * most_active, kMostPlaces);
  return std::min(std::max(wanted, most_active), targets_of(plan));
}

}  // namespace

HostGroup::HostGroup(const TargetPlan& plan, const Permutation& order, TargetGate& gate,
                     Options options)
    : plan_(plan),
      positions_(order),
      gate_(gate),
      options_(std::move(options)),
      order_(targets_of(plan), plan.ports(), options_.seed),
      queue_(options_.span, plan.ports(), options_.group.resumed),
      most_active_(static_cast<std::uint32_t>(
          std::min<std::uint64_t>(options_.group.max, targets_of(plan)))),
      hosts_(places_for(most_active_, plan)),
      ready_(hosts_.size()) {
  for (std::size_t place = hosts_.size(); place-- > 0;) {
    free_.push_back(static_cast<Place>(place));
  }
  const std::uint64_t first_new = std::max(queue_.begun() * plan.ports(), options_.span.start);
  unbegun_ = options_.span.end - std::min(first_new, options_.span.end);
  for (const HostMark& mark : queue_.untaken()) {
    unbegun_ += queue_.end_of(mark.rank) - mark.turn;
  }
}

// ---- targets come --------------------------------------------------------------------------------

bool HostGroup::may_begin() noexcept {
  const bool is_full = active_ == most_active_ || free_.empty();
  if (is_full || queue_.empty()) is_filling_ = false;
  if (is_full || queue_.empty()) return false;
  if (active_ < options_.group.min) is_filling_ = true;
  return is_filling_ || !options_.group.is_barrier;
}

void HostGroup::begin_hosts(std::uint64_t now_ns) {
  while (may_begin()) {
    const Place place = free_.back();
    free_.pop_back();
    const HostQueue::Entry entry = queue_.take();
    Host host;
    host.rank = entry.rank;
    host.target = order_.target(entry.rank);
    host.address = plan_.at(host.target * plan_.ports()).address;
    host.ports = order_.ports_of(entry.rank);
    host.begun_ns = now_ns;
    host.first_turn = entry.turn;
    host.next_turn = entry.turn;
    host.end_turn = entry.end;
    host.floor = PortFloor(entry.turn);
    host.in_use = true;
    hosts_[place] = host;
    ++active_;
    ready_.push(place);
    end_if_done(place);  // nothing was left of one that an earlier run had begun
  }
}

// ---- and take turns ------------------------------------------------------------------------------

std::optional<HostGroup::Turn> HostGroup::next(std::uint64_t now_ns, std::uint64_t heard_ns) {
  if (stopped_) return std::nullopt;
  begin_hosts(now_ns);
  look_round(now_ns, heard_ns);
  while (!ready_.empty()) {
    const Place place = ready_.pop();
    if (!hosts_[place].in_use) continue;
    const auto turn = serve(place, now_ns, heard_ns);
    if (turn) {
      ready_.push(place);
      return turn;
    }
  }
  return std::nullopt;
}

/// Puts those in line whose time has come, gives up those that took too long, and lets go of those that
/// nothing more is sent to.
void HostGroup::look_round(std::uint64_t now_ns, std::uint64_t heard_ns) {
  if (now_ns < next_round_ns_) return;
  next_round_ns_ = now_ns + kRoundNs;
  const auto places = static_cast<Place>(hosts_.size());
  for (std::uint32_t i = 0; i < std::min(places, kPlacesARound); ++i) {
    hand_ = hand_ + 1 < places ? hand_ + 1 : 0;
    Host& host = hosts_[hand_];
    if (may_linger(host, heard_ns)) {
      host.is_lingering = true;
      --active_;
    }
    if (is_late(host, now_ns)) {
      ++timed_out_;
      cut(hand_, Reason::host_timeout);
    }
    const bool may_go = host.in_use && !host.is_cut && host.wake_ns <= now_ns;
    if (may_go && (has_fresh(host) || retry_is_due(host, heard_ns))) ready_.push(hand_);
  }
}

std::optional<HostGroup::Turn> HostGroup::serve(Place place, std::uint64_t now_ns,
                                                std::uint64_t heard_ns) {
  Host& host = hosts_[place];
  if (host.is_cut || host.wake_ns > now_ns) return std::nullopt;
  const bool is_retry = retry_is_due(host, heard_ns);
  if (is_retry) {
    // A time-out is an answer to the one probe of a silent target; one that never left is none.
    Flight& flight = flights_.at(host.awaited.first);
    using End = TargetGate::ProbeEnd;
    probe_over(flight, flight.is_unsent ? End::lost : End::well);
  } else if (!has_fresh(host)) {
    return std::nullopt;
  }
  const TargetGate::Verdict verdict = gate_.admit(host.address, now_ns, true);
  if (wait(host, verdict, now_ns)) return std::nullopt;
  return is_retry ? send_again(place, verdict, now_ns) : send_fresh(place, verdict, now_ns);
}

bool HostGroup::wait(Host& host, const TargetGate::Verdict& verdict,
                     std::uint64_t now_ns) noexcept {
  host.is_silenced = false;
  if (verdict.outcome != TargetGate::Verdict::Outcome::wait) return false;
  const bool is_held = verdict.until_ns == TargetGate::kHeld;
  host.wake_ns = is_held ? now_ns + kHeldNs : verdict.until_ns;
  host.is_silenced = !is_held && !verdict.is_cap;
  return true;
}

bool HostGroup::has_fresh(const Host& host) const noexcept {
  return host.next_turn < host.end_turn && flights_.size() < options_.max_in_flight;
}

bool HostGroup::retry_is_due(const Host& host, std::uint64_t heard_ns) const noexcept {
  if (host.awaited.empty()) return false;
  return has_timed_out(flights_.at(host.awaited.first).sent_ns, retry_after_ns(host), heard_ns);
}

std::uint64_t HostGroup::retry_after_ns(const Host& host) const noexcept {
  if (!options_.is_adaptive) return options_.timeout_ns;
  return retry_timeout_ns(host.rtt, options_.timeout_ns);
}

/// Where round-trip times decide, the last probes have been awaited for as long as the others were.
bool HostGroup::may_linger(const Host& host, std::uint64_t heard_ns) const noexcept {
  const bool is_sent = host.in_use && host.next_turn == host.end_turn && host.awaited.empty();
  if (!options_.is_adaptive || !is_sent || host.is_cut || host.is_lingering) return false;
  return has_timed_out(host.last_sent_ns, retry_after_ns(host), heard_ns);
}

HostGroup::Turn HostGroup::send_fresh(Place place, const TargetGate::Verdict& verdict,
                                      std::uint64_t now_ns) {
  using Outcome = TargetGate::Verdict::Outcome;
  Host& host = hosts_[place];
  const std::uint64_t position = position_of(host, host.next_turn);
  ++host.next_turn;
  ++begun_;
  --unbegun_;
  if (verdict.outcome == Outcome::give_up) {
    end_if_done(place);
    return {position, true, false};
  }
  const bool is_probe = verdict.outcome == Outcome::probe;
  host.last_sent_ns = now_ns;
  FlightList& list = options_.tries > 1 ? host.awaited : last_tries_;
  flights_.add(list, {.position = position,
                      .sent_ns = now_ns,
                      .mark = mark_of(place, host.floor.begin()),
                      .tries = 1,
                      .is_probe = is_probe});
  return {position, false, is_probe};
}

HostGroup::Turn HostGroup::send_again(Place place, const TargetGate::Verdict& verdict,
                                      std::uint64_t now_ns) noexcept {
  using Outcome = TargetGate::Verdict::Outcome;
  const Flights::Index index = hosts_[place].awaited.first;
  Flight& flight = flights_.at(index);
  const std::uint64_t position = flight.position;
  if (verdict.outcome == Outcome::give_up) {
    settle(index);
    return {position, true, false};
  }
  FlightList& from = list_of(flight);
  ++flight.tries;
  flight.is_unsent = false;
  flight.is_probe = verdict.outcome == Outcome::probe;
  hosts_[place].last_sent_ns = now_ns;
  flights_.sent_again(from, list_of(flight), index, now_ns);
  return {position, false, flight.is_probe};
}

std::uint64_t HostGroup::position_of(const Host& host, std::uint32_t turn) const noexcept {
  return positions_.inverse(host.target * plan_.ports() + host.ports.map(turn));
}

// ---- how it stands -------------------------------------------------------------------------------

bool HostGroup::all_are_silent(std::uint64_t now_ns) const noexcept {
  if (active_ == 0) return false;
  return std::all_of(hosts_.begin(), hosts_.end(), [now_ns](const Host& host) {
    return !host.in_use || (host.is_silenced && host.wake_ns > now_ns);
  });
}

HostProgress HostGroup::progress() const {
  HostProgress progress{queue_.begun(), {}};
  for (const Host& host : hosts_) {
    if (host.in_use) progress.unended.push_back({host.rank, host.floor.turn(host.next_turn)});
  }
  const auto untaken = queue_.untaken();
  progress.unended.insert(progress.unended.end(), untaken.begin(), untaken.end());
  return progress;
}

}  // namespace pacegate
