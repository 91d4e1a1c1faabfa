/// \file
/// Which probe goes out next, and into which device's batch.
#pragma once

#include <cstdint>

#include "engine/pacing/pacer.h"
#include "engine/scan/link_batches.h"
#include "engine/scan/probe_renderer.h"
#include "engine/scan/probe_settler.h"
#include "engine/scan/scan_auto_rate.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_deferral.h"

namespace pacegate {

/// The sending thread's.
class ProbeFiller {
 public:
  ProbeFiller(ScanContext& context, const ProbeRenderer& renderer, ScanDeferral& deferral,
              ScanAutoRate& auto_rate, Pacer& pacer, LinkBatches& batches, ProbeSettler& settler);

  /// Renders up to `wanted` probes, fewer when a batch is full.
  /// \param heard_ns answers that arrived before it have all been taken into account
  /// \return false when there was no further probe that may go
  [[nodiscard]] bool fill(std::uint64_t wanted, std::uint64_t now_ns, std::uint64_t heard_ns);

 private:
  ScanContext& context_;
  ScanDeferral& deferral_;
  ScanAutoRate& auto_rate_;
  Pacer& pacer_;
  LinkBatches& batches_;
  ProbeSettler& settler_;
  const ProbeRenderer& renderer_;
};

}  // namespace pacegate
