/// \file
/// What the JavaScript thread asks of a running scan.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/pacing/pacer.h"
#include "engine/scan/scan_slots.h"
#include "platform/waiter.h"

namespace pacegate {

/// Written by the JavaScript thread, read by the sending thread, which wake() calls to look.
struct ScanControl {
  std::atomic<bool> paused{false};
  std::atomic<bool> stop_asked{false};
  std::atomic<double> rate{0};      ///< packets per second
  std::atomic<double> cap_part{1};  ///< of the caps for each target and prefix; above 0, at most 1
  bool rate_is_cap = false;  ///< the scan finds its rate itself; set before the threads start
  platform::Waiter waiter;

  /// Brings the pacer to the rate asked for, and the counters with it; leaves an automatic rate alone.
  /// The sending thread.
  void follow_rate(Pacer& pacer, ScanSlots& slots, std::uint64_t now_ns) const {
    if (rate_is_cap) return;
    const double asked = rate.load(std::memory_order_relaxed);
    if (asked == pacer.rate()) return;
    pacer.set_rate(asked, now_ns);
    slots.set(kSlotTargetRate, asked);
  }
};

}  // namespace pacegate
