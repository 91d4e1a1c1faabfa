/// \file
/// Frames on their way into a sender: how many may go now, and what became of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/pacing/bucket_charge.h"
#include "engine/pacing/pacer.h"
#include "engine/transmit/transmit_tally.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// A sender under its two limits, the pacer's rate and the limiter's tokens. Frames are handed over
/// in batches: open(), then next_slot() and add() for each frame, then flush() until empty().
///
/// The thread's that sends.
class FrameOutlet {
 public:
  FrameOutlet(platform::PacketSender& sender, Pacer& pacer, BucketCharge& tokens,
              TransmitTally& tally) noexcept
      : sender_(sender), pacer_(pacer), tokens_(tokens), tally_(tally) {}

  /// Begins a batch, the one before being empty(). \return frames it may have, `wanted` at most
  [[nodiscard]] std::size_t open(std::uint64_t wanted, std::uint64_t now_ns) noexcept;
  /// The slot of the next frame.
  [[nodiscard]] std::span<std::uint8_t> next_slot() noexcept { return sender_.slot(end_); }
  void add(std::size_t bytes) noexcept;
  [[nodiscard]] bool empty() const noexcept { return first_ == end_; }
  /// Whether the last open() was held back by tokens.
  [[nodiscard]] bool starved() const noexcept { return starved_; }

  /// Hands the batch over. Frames refused for good are passed over; what a busy device does not
  /// take stays.
  void flush(std::uint64_t now_ns) noexcept;
  /// Hands over what the device takes without a halt, and drops the rest.
  /// \return how many those were, and what stopped it
  [[nodiscard]] platform::SendReport flush_once(std::uint64_t now_ns) noexcept;
  /// Drops what stays.
  void drop() noexcept { first_ = end_ = 0; }

  /// Takes in what a sender with a lead has transmitted.
  void take_departures(std::uint64_t now_ns) noexcept;
  /// Waits until all that was handed over has left: within the sender's lead, as a rule.
  /// \return false when it has not a second later
  [[nodiscard]] bool await_departures() noexcept;

  /// When open() or flush() is worth calling again.
  [[nodiscard]] std::uint64_t next_wake_ns(std::uint64_t now_ns) const noexcept;

 private:
  [[nodiscard]] bool has_lead() const noexcept { return pacer_.lead_ns() > 0; }
  [[nodiscard]] platform::SendReport hand_over(std::uint64_t now_ns) noexcept;
  void pass_over(std::size_t frames, int system_error, bool accepted,
                 std::uint64_t now_ns) noexcept;

  platform::PacketSender& sender_;
  Pacer& pacer_;
  BucketCharge& tokens_;
  TransmitTally& tally_;
  std::size_t first_ = 0;  // slots before it are done with
  std::size_t end_ = 0;
  bool busy_ = false;     // the device
  bool starved_ = false;  // the limiter had less than was due
  bool full_ = false;     // a sender with a lead had less room than was due
};

}  // namespace pacegate
