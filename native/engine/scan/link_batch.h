/// \file
/// Probes rendered into a sender's slots and not yet accepted by the kernel.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/scan/probe_window.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// The sending thread's.
class LinkBatch {
 public:
  explicit LinkBatch(platform::PacketSender& sender) : sender_(&sender) {
    positions_.reserve(sender.capacity());
  }

  [[nodiscard]] bool full() const { return positions_.size() == sender_->capacity(); }
  [[nodiscard]] bool empty() const { return first_ == positions_.size(); }
  [[nodiscard]] platform::PacketSender& sender() { return *sender_; }

  /// The slot that the next add() will take. Not when full().
  [[nodiscard]] std::span<std::uint8_t> next_slot() { return sender_->slot(positions_.size()); }
  void add(std::uint64_t position, std::size_t bytes) {
    sender_->set_length(positions_.size(), bytes);
    positions_.push_back(position);
  }

  struct Outcome {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  ///< for good; marked as unsent
    bool busy = false;          ///< the rest stays, to be flushed again
    int system_error = 0;       ///< why it was busy or refused

    Outcome& operator+=(const Outcome& other) {
      accepted += other.accepted;
      refused += other.refused;
      busy = busy || other.busy;
      if (other.system_error != 0) system_error = other.system_error;
      return *this;
    }
  };
  /// Sends what is waiting. Frames left from an earlier, busy flush get a fresh time of sending.
  Outcome flush(ProbeWindow& window, std::uint64_t now_ns) {
    Outcome outcome;
    for (std::size_t i = first_; stale_ && i < positions_.size(); ++i) {
      window.mark_sent(positions_[i], now_ns);
    }
    while (!empty() && !outcome.busy) {
      const auto report = sender_->send(first_, positions_.size() - first_);
      first_ += report.accepted;
      outcome.accepted += report.accepted;
      outcome.busy = report.outcome == platform::SendOutcome::busy;
      if (report.outcome != platform::SendOutcome::ok) outcome.system_error = report.system_error;
      if (report.outcome == platform::SendOutcome::failed) {
        window.mark_unsent(positions_[first_]);
        ++first_;
        ++outcome.refused;
      }
    }
    stale_ = outcome.busy;
    if (empty()) {
      positions_.clear();
      first_ = 0;
    }
    return outcome;
  }

 private:
  platform::PacketSender* sender_;
  std::vector<std::uint64_t> positions_;  // by slot
  std::size_t first_ = 0;                 // slots before it are done with
  bool stale_ = false;
};

}  // namespace pacegate
