#include "engine/scan/probe_chooser.h"

#include <algorithm>

namespace pacegate {
namespace {

// Pairs that may be parked in one call, so that a silent network of millions does not hold the sending
// thread up.
constexpr int kMaxParked = 1024;

}  // namespace

std::optional<ProbeChooser::Choice> ProbeChooser::next_of_both(std::uint64_t now_ns,
                                                               std::uint64_t heard_ns) {
  if (group_ != nullptr) return next_of_group(now_ns, heard_ns);
  for (int attempt = 0; attempt < 2; ++attempt) {
    lane_is_next_ = !lane_is_next_;
    const auto choice = lane_is_next_ ? next_of_order(now_ns, heard_ns) : next_of_lane(now_ns);
    if (choice) return choice;
  }
  // What the order has just left may be the one probe of a target that has come back.
  return next_of_lane(now_ns);
}

std::optional<ProbeChooser::Choice> ProbeChooser::next_of_lane(std::uint64_t now_ns) {
  const auto turn = lane_.next(now_ns);
  if (!turn) return std::nullopt;
  const auto kind = turn->is_given_up ? Choice::Kind::given_up : Choice::Kind::deferred;
  return Choice{turn->position, kind, turn->is_probe};
}

std::optional<ProbeChooser::Choice> ProbeChooser::next_of_group(std::uint64_t now_ns,
                                                                std::uint64_t heard_ns) {
  const auto turn = group_->next(now_ns, heard_ns);
  if (!turn) return std::nullopt;
  const auto kind = turn->is_given_up ? Choice::Kind::given_up : Choice::Kind::deferred;
  return Choice{turn->position, kind, turn->is_probe};
}

std::optional<ProbeChooser::Choice> ProbeChooser::next_of_order(std::uint64_t now_ns,
                                                                std::uint64_t heard_ns) {
  using Outcome = DeferredLane::Admission::Outcome;
  for (int parked = 0; parked < kMaxParked;) {
    const auto candidate = cursors_.peek(heard_ns);
    if (!candidate) return std::nullopt;
    const std::uint64_t position = candidate->position;
    const auto address = address_of_(position);
    const auto admission = address ? lane_.admit(*address, now_ns) : DeferredLane::Admission{};
    if (admission.outcome == Outcome::full) return std::nullopt;
    if (admission.outcome == Outcome::go) {
      if (cursors_.take(*candidate, now_ns)) return Choice{position};
      continue;
    }
    const std::uint64_t settled = cursors_.settled();
    if (!cursors_.pass(*candidate)) continue;
    if (admission.outcome == Outcome::give_up)
      return Choice{position, Choice::Kind::given_up, false};
    // A repair is one more try, which the lane does not know of.
    lane_.park({position, std::min(candidate->tries, cursors_.retries()), settled}, admission);
    ++parked;
  }
  return std::nullopt;
}

}  // namespace pacegate
