/// \file
/// Probes rendered into a sender's slots and not yet accepted by the kernel, and those that a
/// sender with a lead holds until their departure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/scan/probe_marks.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// One device's. The sending thread's.
class LinkBatch {
 public:
  explicit LinkBatch(platform::PacketSender& sender);

  /// Finds out how much fits. Before a batch is filled; changes nothing while one waits.
  void open();
  [[nodiscard]] bool full() const { return batch_.size() >= room_; }
  [[nodiscard]] bool empty() const { return first_ == batch_.size(); }

  /// The slot that the next add() will take. Not when full().
  [[nodiscard]] std::span<std::uint8_t> next_slot() { return sender_->slot(batch_.size()); }
  /// \param departure_ns when it shall leave; senders without a lead send it at the next flush()
  void add(ProbeId probe, std::size_t bytes, std::uint64_t departure_ns);

  struct Outcome {
    std::uint64_t accepted = 0;  ///< handed over; without a lead that is sent
    std::uint64_t refused = 0;   ///< for good; marked as unsent
    std::uint64_t sent = 0;      ///< the accepted ones of senders without a lead
    bool busy = false;           ///< the rest stays, to be flushed again
    int system_error = 0;        ///< why it was busy or refused; 0: see SendReport

    Outcome& operator+=(const Outcome& other);
  };
  /// Hands over what is waiting. Frames left from an earlier, busy flush get a fresh time of
  /// sending.
  [[nodiscard]] Outcome flush(ProbeMarks& marks, std::uint64_t now_ns);

  /// What a sender with a lead has transmitted since the last call. Probes that left noticeably
  /// late get their time of sending put right.
  [[nodiscard]] platform::Departures take_departures(LatencyHistogram& gaps, ProbeMarks& marks);
  /// When the oldest probe that is still held was to leave. A time-out must not count from before
  /// it.
  [[nodiscard]] std::optional<std::uint64_t> oldest_held_ns() const;
  [[nodiscard]] bool holds_frames() const { return has_lead_ && sender_->held() > 0; }

 private:
  struct Probe {
    ProbeId id;
    std::uint64_t departure_ns = 0;
  };

  Outcome send_now(ProbeMarks& marks, std::uint64_t now_ns);
  Outcome hand_over(ProbeMarks& marks);

  platform::PacketSender* sender_;
  bool has_lead_;
  std::size_t room_ = 0;
  std::vector<Probe> batch_;  // by slot
  std::size_t first_ = 0;     // slots before it are done with
  bool stale_ = false;
  std::vector<Probe> held_;  // a ring of a power of two, in the order of departure
  std::size_t held_begin_ = 0;
  std::size_t held_end_ = 0;
};

}  // namespace pacegate
