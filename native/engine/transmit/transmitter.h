/// \file
/// A device opened for sending, under a rate and a limiter of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "core/limit/token_bucket.h"
#include "engine/pacing/bucket_charge.h"
#include "engine/pacing/pacer.h"
#include "engine/scan/scan_options.h"
#include "engine/transmit/frame_outlet.h"
#include "engine/transmit/transmit_control.h"
#include "engine/transmit/transmit_slots.h"
#include "engine/transmit/transmit_tally.h"
#include "packet/frame_variation.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// Opens a sender for frames of so many bytes: none larger, most of just that size.
/// \throws platform::PlatformError
using OpenSender = std::function<std::unique_ptr<platform::PacketSender>(std::size_t frame_bytes)>;

/// Sends frames of the caller's during a call, or variations of a template on a thread of its own,
/// one such transmit at a time. All methods are for one controlling thread (JavaScript's). With a
/// sender that has a lead, send() and begin() open it anew for frames it is not fit for, which takes
/// 25 ms and waits for what it holds: within the lead, or a second where the device is stuck. So does
/// the destructor wait. All else returns at once.
class Transmitter {
 public:
  /// Opens the device; sends nothing.
  /// \param slots the live counters; must outlive this
  /// \throws platform::PlatformError
  Transmitter(OpenSender open, const PacingOptions& pacing, TransmitSlots& slots);
  /// Ends a transmit where it is, within one wake-up. What a sender holds still leaves, within its
  /// lead.
  ~Transmitter();
  Transmitter(const Transmitter&) = delete;
  Transmitter& operator=(const Transmitter&) = delete;

  /// Each packet costs a token of `limiter` from now on. Before anything is sent.
  /// \param limiter must outlive this
  void charge_to(TokenBucket& limiter) noexcept { tokens_ = BucketCharge(&limiter); }

  using Frames = std::span<const std::span<const std::uint8_t>>;
  /// Sends what the limits and the device allow at this moment, from the first frame on. Not while a
  /// transmit runs.
  /// \return how many frames were taken, and why not more: ok means the limits
  /// \throws platform::PlatformError when frames need larger slots and these cannot be had
  platform::SendReport send(Frames frames);

  /// Begins a transmit on a thread of its own. Not while another runs.
  /// \param frames without a fault \param count frames to be sent, frame 0 first
  /// \throws platform::PlatformError as send(); std::system_error when there is no thread to be had
  void begin(packet::FrameVariation frames, std::uint64_t count);
  [[nodiscard]] bool is_running() const noexcept;
  /// Counts what a sender with a lead has transmitted since send(), and gives back the tokens of what
  /// was refused. Not while a transmit runs: its own thread does.
  void take_departures() noexcept;
  /// Asks the transmit to end; the phase tells when it has.
  void stop() noexcept;
  /// \param rate packets per second, > 0; PacingSchedule::kMaxRate for as fast as it goes
  void set_rate(double rate) noexcept;

  [[nodiscard]] const char* backend() const noexcept { return sender_->backend(); }
  [[nodiscard]] bool takes_ethernet() const noexcept { return sender_->takes_ethernet(); }

 private:
  void run(const packet::FrameVariation& frames, std::uint64_t count);
  void join() noexcept;
  /// \param count frames of that size
  void prepare_for(std::size_t frame_bytes, std::uint64_t count);
  void await_departures() noexcept;

  OpenSender open_;
  std::size_t opened_for_;  // bytes of a frame
  std::unique_ptr<platform::PacketSender> sender_;
  TransmitSlots& slots_;
  TransmitControl control_;
  Pacer pacer_;
  BucketCharge tokens_{nullptr};
  TransmitTally tally_;
  std::thread thread_;
};

}  // namespace pacegate
