/// \file
/// The end of positions that no answer will end.
#pragma once

#include <cstdint>

#include "engine/scan/probe_renderer.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_deferral.h"

namespace pacegate {

/// The sending thread's; positions that are answered end in the CaptureLoop.
class ProbeSettler {
 public:
  ProbeSettler(ScanContext& context, ScanDeferral& deferral)
      : context_(context), deferral_(deferral) {}

  /// Ends the positions whose last try has timed out, and those whose targets are given up.
  /// \param heard_ns answers that arrived before it have all been taken into account
  void settle_silent(std::uint64_t heard_ns);
  /// Ends a position that cannot be probed, or is given up.
  void settle_unsent(const ProbeChooser::Choice& choice, const ProbeRenderer::Aim& aim);

 private:
  void settle(std::uint64_t position, bool is_unsent);

  ScanContext& context_;
  ScanDeferral& deferral_;
};

}  // namespace pacegate
