/// \file
/// The end of positions that no answer will end.
#pragma once

#include <cstdint>

#include "engine/scan/probe_renderer.h"
#include "engine/scan/scan_context.h"

namespace pacegate {

/// The sending thread's; positions that are answered end in the CaptureLoop.
class ProbeSettler {
 public:
  explicit ProbeSettler(ScanContext& context) : context_(context) {}

  /// Ends the positions whose last try has timed out.
  /// \param heard_ns answers that arrived before it have all been taken into account
  void settle_silent(std::uint64_t heard_ns);
  /// Ends a position that cannot be probed.
  void settle_unreachable(std::uint64_t position, const ProbeRenderer::Aim& aim);

 private:
  ScanContext& context_;
};

}  // namespace pacegate
