#include "engine/transmit/transmitter.h"

#include <algorithm>
#include <utility>

#include "engine/transmit/transmit_loop.h"
#include "packet/wire.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

// Holds a probe; a backend may make its slots larger, and larger frames have it opened anew.
constexpr std::size_t kUsualFrameBytes = 64;
// XDP sends frames of the size it was opened for a fifth faster than others, and takes 25 ms to open.
constexpr std::uint64_t kManyFrames = 1'000'000;

}  // namespace

Transmitter::Transmitter(OpenSender open, const PacingOptions& pacing, TransmitSlots& slots)
    : open_(std::move(open)),
      opened_for_(kUsualFrameBytes),
      sender_(open_(opened_for_)),
      slots_(slots),
      pacer_(pacing, sender_->lead_ns(), platform::monotonic_ns()),
      tally_(slots, pacer_) {
  control_.rate.store(pacing.rate);
}

Transmitter::~Transmitter() {
  stop();
  join();
  await_departures();
  tokens_.refund(platform::monotonic_ns());
}

platform::SendReport Transmitter::send(Frames frames) {
  join();
  for (const auto& frame : frames) prepare_for(frame.size(), 1);
  control_.follow_rate(pacer_, platform::monotonic_ns());
  pacer_.meter().set_pace(Pace::supply);  // the caller's, not the pacer's
  FrameOutlet outlet(*sender_, pacer_, tokens_, tally_);
  platform::SendReport total;
  while (total.accepted < frames.size() && total.outcome == platform::SendOutcome::ok) {
    const std::uint64_t now = platform::monotonic_ns();
    outlet.take_departures(now);
    const std::size_t allowed = outlet.open(frames.size() - total.accepted, now);
    if (allowed == 0) break;
    for (const auto& frame : frames.subspan(total.accepted, allowed)) {
      packet::write_bytes(outlet.next_slot(), 0, frame);
      outlet.add(frame.size());
    }
    const platform::SendReport report = outlet.flush_once(now);
    total.accepted += report.accepted;
    total.outcome = report.outcome;
    total.system_error = report.system_error;
  }
  tokens_.refund(platform::monotonic_ns());
  return total;
}

void Transmitter::begin(packet::FrameVariation frames, std::uint64_t count) {
  join();
  prepare_for(frames.size(), count);
  control_.stop_asked.store(false);
  slots_.set(kTransmitPhase, static_cast<double>(TransmitPhase::running));
  try {
    thread_ = std::thread([this, frames = std::move(frames), count] { run(frames, count); });
  } catch (...) {
    slots_.set(kTransmitPhase, static_cast<double>(TransmitPhase::none));
    throw;
  }
}

void Transmitter::run(const packet::FrameVariation& frames, std::uint64_t count) {
  platform::name_this_thread("pacegate-send");
  platform::sharpen_timers_of_this_thread();
  // A sender that goes on by itself must not run out of frames.
  if (sender_->lead_ns() > 0) platform::prefer_this_thread();
  // Of an earlier send().
  await_departures();
  tally_.began(platform::monotonic_ns());
  FrameOutlet outlet(*sender_, pacer_, tokens_, tally_);
  const TransmitPhase phase = TransmitLoop(outlet, pacer_, tally_, control_).run(frames, count);
  tokens_.refund(platform::monotonic_ns());
  tally_.ended(platform::monotonic_ns());
  slots_.publish(kTransmitPhase, static_cast<double>(phase));
}

bool Transmitter::is_running() const noexcept {
  return slots_.get_acquired(kTransmitPhase) == static_cast<double>(TransmitPhase::running);
}

void Transmitter::take_departures() noexcept {
  join();
  const std::uint64_t now = platform::monotonic_ns();
  FrameOutlet(*sender_, pacer_, tokens_, tally_).take_departures(now);
  tokens_.refund(now);
}

void Transmitter::stop() noexcept {
  control_.stop_asked.store(true, std::memory_order_release);
  control_.waiter.wake();
}

void Transmitter::set_rate(double rate) noexcept {
  control_.rate.store(rate, std::memory_order_relaxed);
  control_.waiter.wake();
}

void Transmitter::join() noexcept {
  if (thread_.joinable()) thread_.join();
}

void Transmitter::prepare_for(std::size_t frame_bytes, std::uint64_t count) {
  const bool fits = frame_bytes <= sender_->slot(0).size();
  const bool is_slower = sender_->lead_ns() > 0 && frame_bytes != opened_for_;
  if (fits && !(is_slower && count >= kManyFrames)) return;
  await_departures();
  sender_ = open_(frame_bytes);
  opened_for_ = frame_bytes;
}

void Transmitter::await_departures() noexcept {
  (void)FrameOutlet(*sender_, pacer_, tokens_, tally_).await_departures();
}

}  // namespace pacegate
