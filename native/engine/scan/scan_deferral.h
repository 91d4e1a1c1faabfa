/// \file
/// Back-off and caps of one scan: what the capture threads have heard comes in, the next probe goes out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/deferral/deferred_lane.h"
#include "engine/deferral/target_gate.h"
#include "engine/scan/heard_answer.h"
#include "engine/scan/probe_chooser.h"
#include "engine/scan/probe_marks.h"
#include "engine/scan/probe_renderer.h"
#include "engine/scan/scan_context.h"

namespace pacegate {

/// The sending thread's.
class ScanDeferral {
 public:
  /// \param renderer knows which positions can be reached
  ScanDeferral(ScanContext& context, const ProbeRenderer& renderer);

  /// \param at_ns when the probe will leave \param heard_ns as in ProbeCursors::next()
  [[nodiscard]] std::optional<ProbeChooser::Choice> next(std::uint64_t at_ns,
                                                         std::uint64_t heard_ns) {
    const auto choice = chooser_.next(at_ns, heard_ns);
    if (choice && !lane_.quiet()) note(*choice);
    return choice;
  }

  /// Takes what the capture threads have heard. To be called after heard_ns was read and before anything is settled by it.
  void take_heard();
  /// The next of the lane's pairs that stayed silent.
  [[nodiscard]] std::optional<DeferredLane::Silent> settle_next(std::uint64_t heard_ns) {
    return lane_.settle_next(heard_ns);
  }

  /// No more probes; what waits stays unsettled.
  void stop() noexcept { lane_.stop(); }
  /// Nothing was to be sent for so long.
  void sat_out(std::uint64_t ns) noexcept { gate_.postpone_limits(ns); }

  [[nodiscard]] bool quiet() const noexcept { return lane_.quiet(); }
  [[nodiscard]] bool has_parked() const noexcept { return lane_.parked() > 0; }
  /// Nothing waits and nothing is awaited.
  [[nodiscard]] bool empty() const noexcept { return lane_.empty(); }
  /// Everything before it that had to wait is settled; UINT64_MAX when nothing is left.
  [[nodiscard]] std::uint64_t floor() const noexcept { return lane_.floor(); }
  [[nodiscard]] ProbeMarks& marks() noexcept { return marks_; }

  /// Writes the counters. \param found_nothing the last wake-up had nothing to send
  void publish(std::uint64_t now_ns, bool found_nothing);

 private:
  void note(const ProbeChooser::Choice& choice) noexcept;
  void take(const HeardAnswer& heard);
  void settle(const HeardAnswer& heard, bool is_complaint);
  void tell(const Answer& answer, const TargetGate::Escalation& escalation);
  [[nodiscard]] bool all_are_silent(std::uint64_t now_ns, bool found_nothing) const noexcept;

  ScanContext& context_;
  TargetGate gate_;
  DeferredLane lane_;
  ProbeChooser chooser_;
  ProbeMarks marks_;
  std::array<HeardAnswer, 64> heard_;  // being taken
  bool all_backed_off_ = false;
  bool was_full_ = false;
};

}  // namespace pacegate
