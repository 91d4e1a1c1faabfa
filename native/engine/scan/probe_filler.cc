#include "engine/scan/probe_filler.h"

#include <algorithm>

namespace pacegate {
namespace {

// Positions passed over in one wake-up, so that an unreachable /8 does not block control and
// counters.
constexpr std::uint64_t kMaxUnsentPerStep = 4096;

}  // namespace

ProbeFiller::ProbeFiller(ScanContext& context, const ProbeRenderer& renderer,
                         ScanDeferral& deferral, ScanAutoRate& auto_rate, Pacer& pacer,
                         LinkBatches& batches, ProbeSettler& settler)
    : context_(context),
      deferral_(deferral),
      auto_rate_(auto_rate),
      pacer_(pacer),
      batches_(batches),
      settler_(settler),
      renderer_(renderer) {}

bool ProbeFiller::fill(std::uint64_t wanted, std::uint64_t now_ns, std::uint64_t heard_ns) {
  using Kind = ProbeChooser::Choice::Kind;
  std::uint64_t unsent = 0;
  std::uint64_t place_of_canary = auto_rate_.place_of_canary(wanted, now_ns);
  batches_.open();
  for (std::uint64_t filled = 0; filled < wanted && unsent < kMaxUnsentPerStep;) {
    if (batches_.full()) return true;
    const std::uint64_t departure_ns =
        pacer_.lead_ns() == 0 ? now_ns : std::max(pacer_.departure_ns(filled), now_ns);
    if (filled == place_of_canary) {
      place_of_canary = UINT64_MAX;
      if (auto_rate_.add_canary(batches_, deferral_, departure_ns)) {
        ++filled;
        continue;
      }
    }
    const auto choice = deferral_.next(departure_ns, heard_ns);
    if (!choice) return false;
    const ProbeRenderer::Aim aim = renderer_.aim(choice->position);
    if (choice->kind == Kind::given_up || !aim.reachable) {
      settler_.settle_unsent(*choice, aim);
      ++unsent;
      continue;
    }
    LinkBatch& batch = batches_[context_.network.paths[aim.target.route].link];
    batch.add({choice->position, choice->kind == Kind::deferred},
              renderer_.render(aim, batch.next_slot()), departure_ns);
    ++filled;
  }
  return true;
}

}  // namespace pacegate
