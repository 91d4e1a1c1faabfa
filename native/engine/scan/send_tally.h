/// \file
/// What the sending thread counts, for the slots and for telling a device that is dead; and what it
/// takes over now and then of what others have counted.
#pragma once

#include <cstdint>

#include "engine/pacing/pacer.h"
#include "engine/scan/link_batches.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_deferral.h"
#include "engine/scan/stall_watch.h"

namespace pacegate {

/// The sending thread's.
class SendTally {
 public:
  SendTally(ScanContext& context, Pacer& pacer, ScanDeferral& deferral)
      : context_(context), pacer_(pacer), deferral_(deferral) {}

  /// Charges and counts what was handed over or refused.
  void flushed(const LinkBatch::Outcome& outcome, std::uint64_t now_ns);
  /// Counts what a sender with a lead has transmitted, or refused of what it told of before.
  /// \return refusals that count
  std::uint64_t departed(const platform::Departures& departures, std::uint64_t now_ns);
  /// Frames are held though the oldest of them was to leave at `oldest_ns`.
  void holding(std::uint64_t oldest_ns, std::uint64_t now_ns);

  /// Writes the counters that are too dear for every batch, at most every 20 ms, and the gaps between
  /// departures every 200 ms.
  /// \param is_idle the last wake-up found nothing to send
  void publish_if_due(std::uint64_t now_ns, bool is_idle);
  void publish(std::uint64_t now_ns, bool is_idle);
  [[nodiscard]] bool device_is_dead() const { return stall_.dead(); }

 private:
  void publish_times();
  void publish_counters(std::uint64_t now_ns, bool is_idle);
  void publish_gaps(std::uint64_t now_ns);
  void follow_round_trips();

  ScanContext& context_;
  Pacer& pacer_;
  ScanDeferral& deferral_;
  StallWatch stall_;
  std::uint64_t next_publish_ns_ = 0;
  std::uint64_t next_gaps_ns_ = 0;
};

}  // namespace pacegate
