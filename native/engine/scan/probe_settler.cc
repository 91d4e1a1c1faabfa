#include "engine/scan/probe_settler.h"

namespace pacegate {

void ProbeSettler::settle_silent(std::uint64_t heard_ns) {
  while (!context_.records.crowded()) {
    const auto silent = context_.cursors.settle_next(heard_ns);
    if (!silent) break;
    const Target target = context_.plan.at(context_.order.map(silent->position));
    const bool unsent = silent->state == ProbeState::unsent;
    const Finding finding = unsent ? Finding{PortState::unknown, Reason::send_failed}
                                   : Finding{PortState::filtered, Reason::no_response};
    if (!unsent) context_.slots.add(kSlotNoResponse, 1);
    context_.report(ScanRecord(target.address, target.port, finding), context_.records);
  }
}

void ProbeSettler::settle_unreachable(std::uint64_t position, const ProbeRenderer::Aim& aim) {
  context_.window.settle(position);
  const PortState state =
      aim.why_not == Reason::no_route ? PortState::unknown : PortState::filtered;
  context_.report(ScanRecord(aim.target.address, aim.target.port, {state, aim.why_not}),
                  context_.records);
}

}  // namespace pacegate
