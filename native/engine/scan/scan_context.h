/// \file
/// What the threads of one scan share. Members say who writes them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/scan/permutation.h"
#include "core/spsc_ring.h"
#include "engine/auto_rate/canary_table.h"
#include "engine/auto_rate/lossy_times.h"
#include "engine/hosts/host_journal.h"
#include "engine/scan/answer.h"
#include "engine/scan/heard_answer.h"
#include "engine/scan/network.h"
#include "engine/scan/probe_cursors.h"
#include "engine/scan/probe_window.h"
#include "engine/scan/record_queue.h"
#include "engine/scan/resume_position.h"
#include "engine/scan/scan_options.h"
#include "engine/scan/scan_slots.h"
#include "engine/scan/target_plan.h"
#include "engine/scan/waiting_queue.h"
#include "packet/parse.h"
#include "platform/clock.h"

namespace pacegate {

/// What a capture thread tells the sending thread.
struct CaptureFeed {
  /// Answers that arrived before this time have been accepted. Written by the capture thread; at the
  /// start it is now, for nothing has been sent yet.
  std::atomic<std::uint64_t> heard_ns{platform::monotonic_ns()};
  /// How long to wait before a silent pair is probed again. Written by the capture thread a few times a
  /// second.
  std::atomic<std::uint64_t> retry_timeout_ns{UINT64_MAX};
  /// ARP and NDP answers; those that do not fit are lost and asked for again.
  SpscRing<packet::NeighbourReply> neighbours{4096};
  RecordQueue records;
  /// What the sending thread has to know; complaints that do not fit are lost, answers wait.
  WaitingQueue<HeardAnswer> heard;

  /// Of known responders; what does not fit is lost.
  SpscRing<CanaryNews> canaries;

  CaptureFeed() : CaptureFeed(ScanOptions{}) {}
  explicit CaptureFeed(const ScanOptions& options)
      : heard(options.defers() ? 4096 : 1), canaries(options.auto_rate ? 4096 : 1) {}
};

struct ScanContext {
  ScanContext(ScanOptions scan_options, Network scan_network, ScanSlots& scan_slots);
  ScanContext(const ScanContext&) = delete;
  ScanContext& operator=(const ScanContext&) = delete;

  /// Counts a finding.
  void count(PortState state);
  /// Counts a finding and, if asked for, queues it. \param records the calling thread's own queue
  void report(const ScanRecord& record, RecordQueue& records);
  /// Brings the count of settled pairs up to date with the findings.
  void count_settled();
  /// All answers that arrived before it have been taken, on every link.
  [[nodiscard]] std::uint64_t heard_ns() const noexcept;
  /// The last figures of a scan whose capture threads have ended.
  void publish_end();

  // Immutable while the threads run.
  const ScanOptions options;  ///< but for the ranges
  const TargetPlan plan;      ///< has the network's ranges
  const Network network;
  const Permutation order;
  const std::uint64_t end_position;  ///< one past the last to be probed
  const AnswerMatcher matcher;

  LossyTimes lossy_times;  ///< the sending thread's

  // The sending thread's; capture threads call the members documented for any thread.
  ProbeWindow window;
  ProbeCursors cursors;
  ResumePosition resume;

  RecordQueue records;                              ///< findings of the sending thread
  std::vector<std::unique_ptr<CaptureFeed>> feeds;  ///< one a link

  /// The lane waits for answers: those that the window does not know are to be heard. Written by the
  /// sending thread.
  std::atomic<bool> lane_in_use{false};
  HostJournal journal;                 ///< of the hostgroup; written by the sending thread
  std::atomic<bool> abandoned{false};  ///< the scan's owner is gone: leave at once
  std::atomic<bool> finished{false};   ///< nothing more to capture; written by the sending thread

  ScanSlots& slots;
};

}  // namespace pacegate
