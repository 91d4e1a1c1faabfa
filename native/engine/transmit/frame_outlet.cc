#include "engine/transmit/frame_outlet.h"

#include <algorithm>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/waiter.h"

namespace pacegate {
namespace {

// Many times sooner than the queue of a fast device, or a sender's ring, is empty.
constexpr std::uint64_t kRetryNs = 100'000;
// A frame that is held so much longer than its lead will not leave.
constexpr std::uint64_t kHeldPatienceNs = kNsPerSecond;

}  // namespace

std::size_t FrameOutlet::open(std::uint64_t wanted, std::uint64_t now_ns) noexcept {
  drop();
  const std::uint64_t due = std::min(pacer_.due(now_ns), wanted);
  const std::uint64_t fitting = std::min<std::uint64_t>(due, sender_.room());
  full_ = has_lead() && fitting < due;
  const std::uint64_t allowed = tokens_.take(fitting, now_ns);
  starved_ = allowed < fitting;
  if (starved_ && allowed == 0) tally_.starved();
  return static_cast<std::size_t>(allowed);
}

void FrameOutlet::add(std::size_t bytes) noexcept {
  sender_.set_length(end_, bytes);
  if (has_lead()) sender_.set_departure(end_, pacer_.departure_ns(end_));
  ++end_;
}

void FrameOutlet::flush(std::uint64_t now_ns) noexcept {
  busy_ = false;
  while (!empty() && !busy_) {
    const platform::SendReport report = hand_over(now_ns);
    const bool accepted = report.accepted > 0;
    switch (report.outcome) {
      case platform::SendOutcome::ok:
        break;
      case platform::SendOutcome::busy:
        busy_ = true;
        tally_.busy(report.system_error, accepted, now_ns);
        break;
      case platform::SendOutcome::failed:
        // A sender with a lead fails as a whole.
        pass_over(has_lead() ? end_ - first_ : 1, report.system_error, accepted, now_ns);
        break;
    }
  }
}

platform::SendReport FrameOutlet::flush_once(std::uint64_t now_ns) noexcept {
  if (empty()) return {};
  const platform::SendReport report = hand_over(now_ns);
  const bool accepted = report.accepted > 0;
  if (report.outcome == platform::SendOutcome::busy) {
    tally_.busy(report.system_error, accepted, now_ns);
  } else if (report.outcome == platform::SendOutcome::failed && !accepted) {
    pass_over(1, report.system_error, accepted, now_ns);
  }
  drop();
  return report;
}

platform::SendReport FrameOutlet::hand_over(std::uint64_t now_ns) noexcept {
  const platform::SendReport report = sender_.send(first_, end_ - first_);
  first_ += report.accepted;
  tokens_.spend(report.accepted);
  pacer_.commit(report.accepted);
  if (!has_lead()) tally_.sent(report.accepted, now_ns);
  return report;
}

// Charged by the pacer like one that was sent, or a device that is down would make the caller spin;
// its token stays for the next frame.
void FrameOutlet::pass_over(std::size_t frames, int system_error, bool accepted,
                            std::uint64_t now_ns) noexcept {
  first_ += frames;
  pacer_.commit(frames);
  tally_.refused(frames, system_error, accepted, now_ns);
}

void FrameOutlet::take_departures(std::uint64_t now_ns) noexcept {
  if (!has_lead()) return;
  // Asked first: what leaves between the two questions is no sign of a standstill.
  const bool holds = sender_.held() > 0;
  const platform::Departures departures = sender_.take_departures(pacer_.meter().gaps_of_sender());
  if (departures.left > 0 || departures.refused > 0) {
    tokens_.restore(tally_.departed(departures, now_ns));
  } else if (holds) {
    tally_.holding(now_ns);
  }
}

bool FrameOutlet::await_departures() noexcept {
  if (!has_lead()) return true;
  platform::Waiter waiter;  // that nobody wakes
  const std::uint64_t give_up_ns = platform::monotonic_ns() + pacer_.lead_ns() + kHeldPatienceNs;
  for (;;) {
    const bool done = sender_.held() == 0;
    const std::uint64_t now = platform::monotonic_ns();
    take_departures(now);
    waiter.wait_until(now + pacer_.lead_ns() / 4);
    if (!done && now <= give_up_ns) continue;
    // Refusals are told of a little after the frames.
    take_departures(platform::monotonic_ns());
    return done;
  }
}

std::uint64_t FrameOutlet::next_wake_ns(std::uint64_t now_ns) const noexcept {
  if (busy_ || full_) return now_ns + kRetryNs;
  if (starved_) return tokens_.ready_ns(now_ns);
  return pacer_.next_wake_ns(now_ns);
}

}  // namespace pacegate
