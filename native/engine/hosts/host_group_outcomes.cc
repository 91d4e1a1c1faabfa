// What becomes of the probes of a hostgroup, and of its targets.
#include <algorithm>

#include "engine/hosts/host_flight.h"
#include "engine/hosts/host_group.h"

namespace pacegate {

// ---- what becomes of their probes ----------------------------------------------------------------

FlightList& HostGroup::list_of(const Flight& flight) noexcept {
  return flight.tries < options_.tries ? hosts_[place_of(flight)].awaited : last_tries_;
}

void HostGroup::sent_again(std::uint64_t position, std::uint64_t now_ns) noexcept {
  const Flights::Index index = flights_.find(position);
  if (index == Flights::kNone) return;
  Host& host = hosts_[place_of(flights_.at(index))];
  host.last_sent_ns = std::max(host.last_sent_ns, now_ns);
  FlightList& list = list_of(flights_.at(index));
  flights_.sent_again(list, list, index, now_ns);
}

void HostGroup::unsent(std::uint64_t position) noexcept {
  const Flights::Index index = flights_.find(position);
  if (index != Flights::kNone) flights_.at(index).is_unsent = true;
}

void HostGroup::drop(std::uint64_t position) noexcept {
  const Flights::Index index = flights_.find(position);
  if (index == Flights::kNone) return;
  probe_over(flights_.at(index), TargetGate::ProbeEnd::lost);
  settle(index);
}

std::optional<HostGroup::Answered> HostGroup::answer(std::uint64_t position,
                                                     const Heard& heard) noexcept {
  const Flights::Index index = flights_.find(position);
  if (index == Flights::kNone) return std::nullopt;
  Flight& flight = flights_.at(index);
  const Place place = place_of(flight);
  Host& host = hosts_[place];
  Answered answered{{flight.sent_ns, flight.tries > 1}, std::nullopt};
  if (heard.is_from_target && !answered.pair.is_retried && heard.at_ns >= flight.sent_ns) {
    host.rtt.sample(heard.at_ns - flight.sent_ns);
    rtt_.sample(heard.at_ns - flight.sent_ns);
  }
  if (heard.is_open) {
    ++host.open;
    answered.tarpit = judge(host);
  }
  if (!heard.is_complaint) probe_over(flight, TargetGate::ProbeEnd::well);
  // Before it is settled: with its last pair the target would be gone.
  if (answered.tarpit) {
    ++tarpits_;
    if (options_.group.tarpit.is_left_alone) cut(place, Reason::too_many_open);
  }
  settle(index);
  return answered;
}

std::optional<HostGroup::Silent> HostGroup::settle_next(std::uint64_t heard_ns) noexcept {
  if (last_tries_.empty()) return std::nullopt;
  const Flights::Index index = last_tries_.first;
  Flight& flight = flights_.at(index);
  if (!has_timed_out(flight.sent_ns, options_.timeout_ns, heard_ns)) return std::nullopt;
  const Silent silent{flight.position, flight.is_unsent};
  using End = TargetGate::ProbeEnd;
  probe_over(flight, flight.is_unsent ? End::lost : End::well);
  settle(index);
  return silent;
}

/// If it was the one probe of a target that was silent, or of its network.
void HostGroup::probe_over(Flight& flight, TargetGate::ProbeEnd end) noexcept {
  if (!flight.is_probe) return;
  flight.is_probe = false;
  Host& host = hosts_[place_of(flight)];
  gate_.probe_over(host.address, end);
  host.wake_ns = 0;
}

void HostGroup::settle(Flights::Index index) noexcept {
  const Flight flight = flights_.at(index);
  flights_.remove(list_of(flight), index);
  const Place place = place_of(flight);
  Host& host = hosts_[place];
  host.floor.settle(generation_of(flight), host.next_turn);
  end_if_done(place);
}

void HostGroup::end_if_done(Place place) noexcept {
  Host& host = hosts_[place];
  if (host.is_cut || host.next_turn < host.end_turn || host.floor.unsettled() > 0) return;
  host.in_use = false;
  free_.push_back(place);
  if (!host.is_lingering) --active_;
}

// ---- targets that are given up -------------------------------------------------------------------

bool HostGroup::is_late(const Host& host, std::uint64_t now_ns) const noexcept {
  const std::uint64_t timeout_ns = options_.group.host_timeout_ns;
  if (timeout_ns == 0 || !host.in_use || host.is_cut || now_ns < host.begun_ns) return false;
  const bool has_more = host.next_turn < host.end_turn || !host.awaited.empty();
  return has_more && now_ns - host.begun_ns >= timeout_ns;
}

/// A tarpit once, from enough probed ports on.
std::optional<HostGroup::Tarpit> HostGroup::judge(Host& host) const noexcept {
  const TarpitOptions& limit = options_.group.tarpit;
  const std::uint32_t probed = host.next_turn - host.first_turn;
  if (host.is_tarpit || limit.probed == 0 || probed < limit.probed) return std::nullopt;
  const std::uint64_t allowed = std::uint64_t{limit.open} * probed;
  if (std::uint64_t{host.open} * limit.probed <= allowed) return std::nullopt;
  host.is_tarpit = true;
  return Tarpit{host.open, probed};
}

void HostGroup::cut(Place place, Reason reason) {
  Host& host = hosts_[place];
  // Twice in cutting_, it would give its place back twice.
  if (host.is_cut) return;
  host.is_cut = true;
  host.cut = reason;
  cutting_.push_back(place);
}

std::optional<HostGroup::Cut> HostGroup::next_cut() noexcept {
  while (!cutting_.empty()) {
    const Place place = cutting_.back();
    Host& host = hosts_[place];
    const Reason reason = host.cut;
    if (!host.awaited.empty()) {
      const Flights::Index index = host.awaited.first;
      const std::uint64_t position = flights_.at(index).position;
      drop(position);
      return Cut{position, reason};
    }
    if (host.next_turn < host.end_turn) {
      const std::uint64_t position = position_of(host, host.next_turn);
      ++host.next_turn;
      ++begun_;
      --unbegun_;
      return Cut{position, reason};
    }
    // Only now may its place be taken by another one.
    cutting_.pop_back();
    host.is_cut = false;
    end_if_done(place);
  }
  return std::nullopt;
}

void HostGroup::postpone_timeouts(std::uint64_t by_ns) noexcept {
  for (Host& host : hosts_) host.begun_ns += by_ns;
}

}  // namespace pacegate
