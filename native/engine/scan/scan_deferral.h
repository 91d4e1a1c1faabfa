/// \file
/// Back-off, caps and hostgroup of one scan: what the capture threads have heard comes in, the next probe
/// goes out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/deferral/deferred_lane.h"
#include "engine/deferral/target_gate.h"
#include "engine/hosts/host_group.h"
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

  /// Whether a packet beside the scan's order may go to an address now; if so, the caps are charged.
  [[nodiscard]] bool admits(const IpAddress& address, std::uint64_t at_ns) {
    using Outcome = DeferredLane::Admission::Outcome;
    return lane_.quiet() || lane_.admit(address, at_ns).outcome == Outcome::go;
  }

  /// Takes what the capture threads have heard. To be called after heard_ns was read and before anything is settled by it.
  void take_heard();
  /// The next that stayed silent of the pairs of the lane or the hostgroup.
  [[nodiscard]] std::optional<DeferredLane::Silent> settle_next(std::uint64_t heard_ns) {
    return group_ ? group_->settle_next(heard_ns) : lane_.settle_next(heard_ns);
  }
  /// The next pair of a target that is given up.
  [[nodiscard]] std::optional<HostGroup::Cut> next_cut() noexcept {
    if (!group_) return std::nullopt;
    return group_->next_cut();
  }
  /// A pair that next() has given out cannot be sent: it is settled.
  void drop(const ProbeChooser::Choice& choice) noexcept {
    if (group_ && choice.kind == ProbeChooser::Choice::Kind::deferred)
      group_->drop(choice.position);
  }

  /// No more probes; what waits stays unsettled.
  void stop() noexcept {
    lane_.stop();
    if (group_) group_->stop();
  }
  /// Nothing was to be sent for so long.
  void sat_out(std::uint64_t ns) noexcept {
    gate_.postpone_limits(ns);
    if (group_) group_->postpone_timeouts(ns);
  }

  /// What part of the caps is this scan's from now on.
  void follow_cap_part(double part, std::uint64_t now_ns) noexcept {
    gate_.set_cap_part(part, now_ns);
  }

  [[nodiscard]] bool quiet() const noexcept { return lane_.quiet(); }
  [[nodiscard]] bool has_parked() const noexcept { return lane_.parked() > 0 || has_new(); }
  /// The hostgroup has pairs that were never given out.
  [[nodiscard]] bool has_new() const noexcept { return group_ && group_->has_new(); }
  /// Pairs that the hostgroup has given out.
  [[nodiscard]] std::uint64_t begun() const noexcept { return group_ ? group_->begun() : 0; }
  /// Nothing waits and nothing is awaited.
  [[nodiscard]] bool empty() const noexcept {
    return lane_.empty() && (!group_ || group_->empty());
  }
  /// Everything before it that had to wait is settled; UINT64_MAX when nothing is left. Of a hostgroup no
  /// position tells that: see HostProgress.
  [[nodiscard]] std::uint64_t floor() const noexcept { return group_ ? 0 : lane_.floor(); }
  [[nodiscard]] ProbeMarks& marks() noexcept { return marks_; }

  /// Writes the counters. \param found_nothing the last wake-up had nothing to send
  void publish(std::uint64_t now_ns, bool found_nothing);

 private:
  void note(const ProbeChooser::Choice& choice) noexcept;
  void take(const HeardAnswer& heard);
  void settle(const HeardAnswer& heard, bool is_complaint);
  [[nodiscard]] std::optional<DeferredLane::Answered> answered(const HeardAnswer& heard,
                                                               bool is_complaint);
  void tell(const Answer& answer, const TargetGate::Escalation& escalation);
  void tell(const Answer& answer, const HostGroup::Tarpit& tarpit);
  [[nodiscard]] bool all_are_silent(std::uint64_t now_ns, bool found_nothing) const noexcept;
  void publish_group(const HostGroup& group);

  ScanContext& context_;
  TargetGate gate_;
  DeferredLane lane_;  // stays empty where there is a hostgroup
  std::optional<HostGroup> group_;
  ProbeChooser chooser_;
  ProbeMarks marks_;
  std::array<HeardAnswer, 64> heard_;  // being taken
  bool all_backed_off_ = false;
  bool was_full_ = false;
};

}  // namespace pacegate
