#include "engine/scan/probe_filler.h"

#include <algorithm>

namespace pacegate {
namespace {

// Positions passed over in one wake-up, so that an unreachable /8 does not block control and
// counters.
constexpr std::uint64_t kMaxUnreachablePerStep = 4096;

}  // namespace

ProbeFiller::ProbeFiller(ScanContext& context, const std::vector<NeighbourTable>& neighbours,
                         Pacer& pacer, LinkBatches& batches, ProbeSettler& settler)
    : context_(context),
      pacer_(pacer),
      batches_(batches),
      settler_(settler),
      renderer_(context, neighbours) {}

void ProbeFiller::fill(std::uint64_t wanted, std::uint64_t now_ns, std::uint64_t heard_ns) {
  std::uint64_t unreachable = 0;
  batches_.open();
  for (std::uint64_t filled = 0; filled < wanted && unreachable < kMaxUnreachablePerStep;) {
    if (batches_.full()) return;
    const std::uint64_t departure_ns = std::max(pacer_.departure_ns(filled), now_ns);
    const auto position = next_position(departure_ns, heard_ns);
    if (!position) return;
    const ProbeRenderer::Aim aim = renderer_.aim(*position);
    if (!aim.reachable) {
      settler_.settle_unreachable(*position, aim);
      ++unreachable;
      continue;
    }
    LinkBatch& batch = batches_[context_.network.paths[aim.target.route].link];
    batch.add(*position, renderer_.render(aim, batch.next_slot()), departure_ns);
    ++filled;
  }
}

std::optional<std::uint64_t> ProbeFiller::next_position(std::uint64_t departure_ns,
                                                        std::uint64_t heard_ns) {
  return context_.cursors.next(departure_ns, heard_ns);
}

}  // namespace pacegate
