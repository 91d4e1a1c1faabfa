/// \file
/// Findings on their way to JavaScript: a ring a producing thread, emptied by the JavaScript
/// thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>

#include "core/spsc_ring.h"
#include "core/time.h"
#include "engine/scan/scan_record.h"
#include "platform/clock.h"
#include "platform/waiter.h"

namespace pacegate {

/// One producer, one consumer. When the consumer lags, push() waits: a finding is never dropped.
class RecordQueue {
 public:
  RecordQueue() : ring_(kCapacity) {}

  /// Producer. Returns false only when abandon() was called.
  bool push(const ScanRecord& record) noexcept {
    while (!ring_.try_push(record)) {
      if (abandoned_.load(std::memory_order_acquire)) return false;
      space_.wait_until(platform::monotonic_ns() + kRetryNs);
    }
    return true;
  }

  /// Consumer. \return records copied
  std::size_t pop(std::span<ScanRecord> out) noexcept {
    const std::size_t popped = ring_.pop(out);
    if (popped > 0) space_.wake();
    return popped;
  }

  /// Lets a waiting producer go; what it held is lost. Any thread.
  void abandon() noexcept {
    abandoned_.store(true, std::memory_order_release);
    space_.wake();
  }

  [[nodiscard]] std::size_t size() const noexcept { return ring_.size(); }
  /// Three quarters full: time to send less. Any thread.
  [[nodiscard]] bool crowded() const noexcept { return size() >= kCapacity / 4 * 3; }

 private:
  static constexpr std::size_t kCapacity = 65536;
  static constexpr std::uint64_t kRetryNs = 50 * kNsPerMs;

  SpscRing<ScanRecord> ring_;
  platform::Waiter space_;
  std::atomic<bool> abandoned_{false};
};

}  // namespace pacegate
