/// \file
/// What the JavaScript thread asks of a running scan.
#pragma once

#include <atomic>

#include "platform/waiter.h"

namespace pacegate {

/// Written by the JavaScript thread, read by the sending thread, which wake() calls to look.
struct ScanControl {
  std::atomic<bool> paused{false};
  std::atomic<bool> stop_asked{false};
  std::atomic<double> rate{0};  ///< packets per second
  platform::Waiter waiter;
};

}  // namespace pacegate
