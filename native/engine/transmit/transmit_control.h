/// \file
/// What the JavaScript thread asks of a transmitting one.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/pacing/pacer.h"
#include "platform/waiter.h"

namespace pacegate {

/// Written by the JavaScript thread, read by the transmitting thread, which wake() calls to look.
struct TransmitControl {
  std::atomic<bool> stop_asked{false};
  std::atomic<double> rate{0};  ///< packets per second
  platform::Waiter waiter;

  /// Brings the pacer to the rate asked for. The thread that sends.
  void follow_rate(Pacer& pacer, std::uint64_t now_ns) const noexcept {
    const double asked = rate.load(std::memory_order_relaxed);
    if (asked != pacer.rate()) pacer.set_rate(asked, now_ns);
  }
};

}  // namespace pacegate
