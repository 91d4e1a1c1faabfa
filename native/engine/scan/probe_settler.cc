#include "engine/scan/probe_settler.h"

namespace pacegate {

void ProbeSettler::settle_silent(std::uint64_t heard_ns) {
  while (!context_.records.crowded()) {
    const auto silent = context_.cursors.settle_next(heard_ns);
    if (!silent) break;
    settle(silent->position, silent->state == ProbeState::unsent);
  }
  while (!context_.records.crowded()) {
    const auto silent = deferral_.settle_next(heard_ns);
    if (!silent) break;
    settle(silent->position, silent->is_unsent);
  }
  while (!context_.records.crowded()) {
    const auto cut = deferral_.next_cut();
    if (!cut) break;
    const Target target = context_.plan.at(context_.order.map(cut->position));
    const Finding finding{PortState::unknown, cut->reason};
    context_.report(ScanRecord(target.address, target.port, finding), context_.records);
  }
}

void ProbeSettler::settle(std::uint64_t position, bool is_unsent) {
  const Finding finding = is_unsent ? Finding{PortState::unknown, Reason::send_failed}
                                    : Finding{PortState::filtered, Reason::no_response};
  if (!is_unsent) context_.slots.add(kSlotNoResponse, 1);
  context_.count(finding.state);
  // Who was silent costs a quarter of all the work on a probe, and mostly nobody asks.
  if (!context_.options.reports(finding.state)) return;
  const Target target = context_.plan.at(context_.order.map(position));
  context_.records.push(ScanRecord(target.address, target.port, finding));
}

void ProbeSettler::settle_unsent(const ProbeChooser::Choice& choice,
                                 const ProbeRenderer::Aim& aim) {
  Finding finding{PortState::unknown, aim.why_not};
  if (choice.kind == ProbeChooser::Choice::Kind::given_up) {
    finding.reason = Reason::rate_limit_timeout;
    context_.slots.add(kSlotGivenUp, 1);
  } else {
    context_.window.settle(choice.position);
    deferral_.drop(choice);
    if (aim.why_not != Reason::no_route) finding.state = PortState::filtered;
  }
  context_.report(ScanRecord(aim.target.address, aim.target.port, finding), context_.records);
}

}  // namespace pacegate
