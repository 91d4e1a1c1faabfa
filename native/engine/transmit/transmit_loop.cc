#include "engine/transmit/transmit_loop.h"

#include <algorithm>

#include "core/time.h"
#include "platform/clock.h"

namespace pacegate {
namespace {

// Another rate or quota may be set meanwhile, and nobody tells.
constexpr std::uint64_t kMaxSleepNs = 200 * kNsPerMs;

}  // namespace

TransmitPhase TransmitLoop::run(const packet::FrameVariation& frames, std::uint64_t count) {
  // Time between two transmits earns no credit, and is no gap between packets either.
  const std::uint64_t start_ns = platform::monotonic_ns();
  const std::uint64_t last_ns = pacer_.meter().last_ns();
  pacer_.meter().set_pace(Pace::pacer);
  pacer_.resume(last_ns == 0 ? 0 : start_ns - std::min(start_ns, last_ns), start_ns);
  while (!stop_asked() && !tally_.device_is_dead()) {
    const std::uint64_t now = platform::monotonic_ns();
    control_.follow_rate(pacer_, now);
    outlet_.take_departures(now);
    step(frames, count, now);
    tally_.publish_if_due(now);
    if (next_ == count && outlet_.empty()) break;
    const std::uint64_t after = platform::monotonic_ns();
    const std::uint64_t wake = std::min(outlet_.next_wake_ns(after), after + kMaxSleepNs);
    if (wake > after) pacer_.wait(control_.waiter, wake);
  }
  const bool handed_over = next_ == count && outlet_.empty();
  outlet_.drop();
  const bool all_left = outlet_.await_departures();
  if (!all_left || tally_.device_is_dead()) return TransmitPhase::failed;
  return handed_over ? TransmitPhase::complete : TransmitPhase::stopped;
}

void TransmitLoop::step(const packet::FrameVariation& frames, std::uint64_t count,
                        std::uint64_t now_ns) {
  if (outlet_.empty()) {
    const std::uint64_t forgone_before = pacer_.forgone();
    const bool was_starved = outlet_.starved();
    const std::size_t allowed = outlet_.open(count - next_, now_ns);
    // What is late because tokens were missing, or because no rate can be kept, is not lost.
    const bool is_lost = !was_starved && pacer_.rate() < PacingSchedule::kMaxRate;
    if (is_lost) tally_.forgone(pacer_.forgone() - forgone_before);
    for (std::size_t i = 0; i < allowed; ++i) {
      outlet_.add(frames.write(next_++, outlet_.next_slot()));
    }
  }
  outlet_.flush(now_ns);
}

}  // namespace pacegate
