/// \file
/// The sending thread of a scan: pays out probes by deadline, retries the silent, settles the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/pacing/bucket_charge.h"
#include "engine/pacing/pacer.h"
#include "engine/scan/link_batches.h"
#include "engine/scan/neighbour_table.h"
#include "engine/scan/probe_filler.h"
#include "engine/scan/probe_renderer.h"
#include "engine/scan/probe_settler.h"
#include "engine/scan/scan_auto_rate.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_control.h"
#include "engine/scan/scan_deferral.h"
#include "engine/scan/send_tally.h"

namespace pacegate {

/// Each wake-up takes what the Pacer says is due: the ProbeSettler ends what has timed out, the
/// ProbeFiller chooses and renders, the LinkBatches hand over, the SendTally counts.
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
  /// \return how many of the packets that are due the limiter allows
  [[nodiscard]] std::uint64_t charge(std::uint64_t due, std::uint64_t now_ns);
  /// Of what was just filled. \param was_short whether the fill before it ran out of packets
  [[nodiscard]] Pace pace(bool was_short, std::uint64_t now_ns) const;
  void flush(std::uint64_t now_ns);
  void take_departures(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_wake_ns(std::uint64_t now_ns) const;
  [[nodiscard]] bool over();
  void enter(ScanPhase phase);

  ScanContext& context_;
  ScanControl& control_;
  Pacer pacer_;
  BucketCharge tokens_;
  std::vector<NeighbourTable> neighbours_;  // by link
  LinkBatches batches_;
  ProbeRenderer renderer_;
  ScanDeferral deferral_;
  ScanAutoRate auto_rate_;
  ProbeSettler settler_;
  ProbeFiller filler_;
  SendTally tally_;
  bool holding_ = false;          // a sender with a lead has frames that have not left
  bool idle_ = false;             // the last wake-up found nothing to send
  bool short_ = false;            // the last fill ran out of packets that may go
  std::uint64_t short_ns_ = 0;    // when one last did
  bool starved_ = false;          // the limiter had less than was due
  std::uint64_t starved_ns_ = 0;  // when it last had
  bool device_busy_ = false;
  bool device_full_ = false;  // of what is under way, and short of nothing
  bool crowded_ = false;      // nobody takes the results
  bool stopping_ = false;
  bool was_paused_ = false;
  std::uint64_t pause_seen_ns_ = 0;
  End end_ = End::complete;
};

}  // namespace pacegate
