/// \file
/// The targets that a scan has under way when it may not have all of them: which pair is next, which
/// one has been silent for too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/ip_address.h"
#include "core/scan/host_order.h"
#include "core/scan/rtt_estimator.h"
#include "engine/deferral/deferred_lane.h"
#include "engine/deferral/flight_table.h"
#include "engine/deferral/target_gate.h"
#include "engine/hosts/host_options.h"
#include "engine/hosts/host_queue.h"
#include "engine/hosts/port_floor.h"
#include "engine/hosts/ready_line.h"
#include "engine/scan/scan_record.h"
#include "engine/scan/target_plan.h"

namespace pacegate {

/// Places for a number of targets. A target holds one from its first probe until all its pairs are
/// settled, then the place goes to the next target of the HostOrder: one that is slow holds up nobody
/// but its successor. The targets take turns, so each gets the same part of the rate; one for which the
/// gate has an objection is passed over meanwhile. A target that only late answers can still come from
/// lingers: nothing more is sent to it, and it counts as under way no longer.
///
/// One thread's: the sending one's; time is an argument. A pair is named by its position in the scan's
/// own order, as everywhere else. Memory: some 200 bytes a place, 50 a probe in flight.
class HostGroup {
 public:
  struct Options {
    HostgroupOptions group;
    HostQueue::Span span;  ///< of the HostOrder
    std::uint64_t seed = 0;
    std::uint32_t tries = 1;       ///< probes to a silent pair, the first included
    std::uint64_t timeout_ns = 0;  ///< wait after each of them
    bool is_adaptive = false;      ///< but for the last a target's round-trip times may shorten it
    std::size_t max_in_flight = std::size_t{1} << 20;
  };

  /// \param plan, order, gate outlive the group; the gate is asked about every probe
  HostGroup(const TargetPlan& plan, const Permutation& order, TargetGate& gate, Options options);

  using Turn = DeferredLane::Turn;
  /// The pair to probe now, if there is one. \param heard_ns as in ProbeCursors::next()
  [[nodiscard]] std::optional<Turn> next(std::uint64_t now_ns, std::uint64_t heard_ns);

  /// What became of a pair that next() gave out: it leaves only now; the device refused it; it cannot
  /// be sent and is settled.
  void sent_again(std::uint64_t position, std::uint64_t now_ns) noexcept;
  void unsent(std::uint64_t position) noexcept;
  void drop(std::uint64_t position) noexcept;

  struct Heard {
    std::uint64_t at_ns = 0;
    bool is_open = false;
    bool is_complaint = false;    ///< then the gate's complain() is to be called as well
    bool is_from_target = false;  ///< and not from a router
  };
  /// A target was found to be a tarpit.
  struct Tarpit {
    std::uint32_t open = 0;
    std::uint32_t probed = 0;
  };
  struct Answered {
    DeferredLane::Answered pair;
    std::optional<Tarpit> tarpit;  ///< by this answer
  };
  /// An answer to a pair in flight settles it. \return nothing when it was not in flight
  std::optional<Answered> answer(std::uint64_t position, const Heard& heard) noexcept;

  using Silent = DeferredLane::Silent;
  /// The next pair whose last try has timed out.
  [[nodiscard]] std::optional<Silent> settle_next(std::uint64_t heard_ns) noexcept;

  struct Cut {
    std::uint64_t position = 0;
    Reason reason = Reason::host_timeout;
  };
  /// The next pair of a target that is given up. What has had its last try is awaited as always.
  [[nodiscard]] std::optional<Cut> next_cut() noexcept;

  /// Nothing is given out any more, and no target begun.
  void stop() noexcept { stopped_ = true; }
  /// Nothing was to be sent for so long by the user's own wish: no target's time-out comes nearer.
  void postpone_timeouts(std::uint64_t by_ns) noexcept;

  [[nodiscard]] std::uint32_t active() const noexcept { return active_; }
  /// Pairs are left that were never given out.
  [[nodiscard]] bool has_new() const noexcept { return unbegun_ > 0; }
  /// Pairs that were given out at least once, by this run.
  [[nodiscard]] std::uint64_t begun() const noexcept { return begun_; }
  /// Nothing is left to be given out or awaited.
  [[nodiscard]] bool empty() const noexcept {
    return active_ == 0 && flights_.size() == 0 && (stopped_ || queue_.empty());
  }
  /// All that is left waits for the end of a silence.
  [[nodiscard]] bool all_are_silent(std::uint64_t now_ns) const noexcept;
  [[nodiscard]] HostProgress progress() const;
  [[nodiscard]] std::uint64_t timed_out() const noexcept { return timed_out_; }
  [[nodiscard]] std::uint64_t tarpits() const noexcept { return tarpits_; }
  /// Over all targets.
  [[nodiscard]] const RttEstimator& rtt() const noexcept { return rtt_; }

 private:
  using Place = std::uint32_t;
  using Flights = FlightTable;

  struct Host {
    std::uint64_t rank = 0;
    std::uint64_t target = 0;  // its number in the plan
    IpAddress address;
    Permutation ports{1, 0};
    std::uint64_t begun_ns = 0;
    std::uint32_t first_turn = 0;
    std::uint32_t next_turn = 0;
    std::uint32_t end_turn = 0;
    PortFloor floor;
    FlightList awaited;         // tries are left; in the order of sending
    std::uint64_t wake_ns = 0;  // nothing may go to it before
    bool is_silenced = false;   // by a silence, not by a cap
    std::uint32_t open = 0;
    bool is_tarpit = false;
    bool is_cut = false;  // given up for `cut`
    Reason cut = Reason::host_timeout;
    std::uint64_t last_sent_ns = 0;
    bool is_lingering = false;  // nothing is left but to wait for late answers
    bool in_use = false;
    RttEstimator rtt;
  };

  [[nodiscard]] bool may_begin() noexcept;
  void begin_hosts(std::uint64_t now_ns);
  void look_round(std::uint64_t now_ns, std::uint64_t heard_ns);
  [[nodiscard]] std::optional<Turn> serve(Place place, std::uint64_t now_ns,
                                          std::uint64_t heard_ns);
  [[nodiscard]] static bool wait(Host& host, const TargetGate::Verdict& verdict,
                                 std::uint64_t now_ns) noexcept;
  [[nodiscard]] bool has_fresh(const Host& host) const noexcept;
  [[nodiscard]] bool retry_is_due(const Host& host, std::uint64_t heard_ns) const noexcept;
  void cut(Place place, Reason reason);
  [[nodiscard]] bool may_linger(const Host& host, std::uint64_t heard_ns) const noexcept;
  [[nodiscard]] std::uint64_t retry_after_ns(const Host& host) const noexcept;
  [[nodiscard]] bool is_late(const Host& host, std::uint64_t now_ns) const noexcept;
  [[nodiscard]] std::optional<Tarpit> judge(Host& host) const noexcept;
  Turn send_fresh(Place place, const TargetGate::Verdict& verdict, std::uint64_t now_ns);
  Turn send_again(Place place, const TargetGate::Verdict& verdict, std::uint64_t now_ns) noexcept;
  [[nodiscard]] FlightList& list_of(const Flight& flight) noexcept;
  void settle(Flights::Index index) noexcept;
  void end_if_done(Place place) noexcept;
  void probe_over(Flight& flight, TargetGate::ProbeEnd end) noexcept;
  [[nodiscard]] std::uint64_t position_of(const Host& host, std::uint32_t turn) const noexcept;

  const TargetPlan& plan_;
  const Permutation& positions_;
  TargetGate& gate_;
  Options options_;
  HostOrder order_;
  HostQueue queue_;
  std::uint32_t most_active_;
  std::vector<Host> hosts_;  // by place; there are more of them than may be under way
  std::vector<Place> free_;
  ReadyLine ready_;
  std::vector<Place> cutting_;  // targets with pairs that next_cut() has to give out
  Flights flights_;
  FlightList last_tries_;  // of all targets; in the order of sending
  RttEstimator rtt_;
  std::uint32_t active_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t unbegun_ = 0;
  std::uint64_t timed_out_ = 0;
  std::uint64_t tarpits_ = 0;
  std::uint64_t next_round_ns_ = 0;
  Place hand_ = 0;  // where look_round() goes on
  bool is_filling_ = false;
  bool stopped_ = false;
};

}  // namespace pacegate
