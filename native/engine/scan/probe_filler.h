/// \file
/// Which probe goes out next, and into which device's batch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/pacing/pacer.h"
#include "engine/scan/link_batches.h"
#include "engine/scan/neighbour_table.h"
#include "engine/scan/probe_renderer.h"
#include "engine/scan/probe_settler.h"
#include "engine/scan/scan_context.h"

namespace pacegate {

/// The sending thread's.
class ProbeFiller {
 public:
  ProbeFiller(ScanContext& context, const std::vector<NeighbourTable>& neighbours, Pacer& pacer,
              LinkBatches& batches, ProbeSettler& settler);

  /// Renders up to `wanted` probes, fewer when no more are due or a batch is full.
  /// \param heard_ns answers that arrived before it have all been taken into account
  void fill(std::uint64_t wanted, std::uint64_t now_ns, std::uint64_t heard_ns);

 private:
  /// The next position to probe, marked as sent at `departure_ns`.
  [[nodiscard]] std::optional<std::uint64_t> next_position(std::uint64_t departure_ns,
                                                           std::uint64_t heard_ns);

  ScanContext& context_;
  Pacer& pacer_;
  LinkBatches& batches_;
  ProbeSettler& settler_;
  ProbeRenderer renderer_;
};

}  // namespace pacegate
