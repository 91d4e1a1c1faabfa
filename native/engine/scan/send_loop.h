/// \file
/// The sending thread of a scan: pays out probes by deadline, retries the silent, settles the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "core/latency_histogram.h"
#include "core/limit/pacing_schedule.h"
#include "core/limit/rate_ring.h"
#include "engine/scan/link_batch.h"
#include "engine/scan/neighbour_table.h"
#include "engine/scan/probe_renderer.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_control.h"
#include "engine/scan/stall_watch.h"

namespace pacegate {

/// The limit is the schedule of absolute deadlines: packet k is due at start + k x period. The
/// thread wakes at most once a quantum and sends what has fallen due, so a packet may leave up to a
/// quantum late but never early, and lateness does not add up. A stall longer than the catch-up
/// bound forgoes packets, which are counted.
class SendLoop {
 public:
  SendLoop(ScanContext& context, ScanControl& control);

  /// How it ended.
  enum class End : std::uint8_t { complete, stopped, failed, abandoned };
  /// Runs the whole scan on the calling thread.
  End run();

 private:
  /// \return false when the devices refused every request
  [[nodiscard]] bool resolve_neighbours();
  [[nodiscard]] bool interrupted() const;
  /// \return whether the scan is paused now
  [[nodiscard]] bool sit_out_pause(std::uint64_t now_ns);
  void obey_control(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t heard_ns() const;
  [[nodiscard]] bool backlog_is_crowded() const;

  /// One wake-up: flush what was left, settle, fill, flush.
  void step(std::uint64_t now_ns);
  void settle_silent(std::uint64_t heard);
  void fill(std::uint64_t wanted, std::uint64_t now_ns, std::uint64_t heard);
  void settle_unreachable(std::uint64_t position, const ProbeRenderer::Aim& aim);
  void flush(std::uint64_t now_ns);
  void account(const LinkBatch::Outcome& outcome, std::uint64_t now_ns);
  void count_sent(std::uint64_t packets, std::uint64_t now_ns);
  [[nodiscard]] bool batches_empty() const;
  [[nodiscard]] std::uint64_t next_wake_ns(std::uint64_t now_ns) const;
  [[nodiscard]] bool over();
  void publish(std::uint64_t now_ns);
  void enter(ScanPhase phase);

  ScanContext& context_;
  ScanControl& control_;
  PacingSchedule schedule_;
  RateRing rate_ring_;
  LatencyHistogram departures_;
  std::vector<NeighbourTable> neighbours_;  // by link
  ProbeRenderer renderer_;
  std::vector<LinkBatch> batches_;  // by link
  bool idle_ = false;               // the last wake-up found nothing to send
  bool device_busy_ = false;
  bool stopping_ = false;
  bool paced_ = true;  // there were new positions when the last batch was filled
  bool was_paused_ = false;
  std::uint64_t pause_seen_ns_ = 0;
  std::uint64_t paused_ns_ = 0;  // since the last send
  std::uint64_t last_send_ns_ = 0;
  StallWatch stall_;
  std::uint64_t next_publish_ns_ = 0;
  End end_ = End::complete;
};

}  // namespace pacegate
