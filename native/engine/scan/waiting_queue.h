/// \file
/// A queue between two threads whose producer waits when it is full: nothing is dropped.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/spsc_ring.h"
#include "core/time.h"
#include "platform/clock.h"
#include "platform/waiter.h"

namespace pacegate {

/// One producer, one consumer.
template <class T>
class WaitingQueue {
 public:
  explicit WaitingQueue(std::size_t capacity) : ring_(capacity) {}

  /// Producer. Returns false only when abandon() was called.
  bool push(const T& value) noexcept {
    while (!ring_.try_push(value)) {
      if (abandoned_.load(std::memory_order_acquire)) return false;
      space_.wait_until(platform::monotonic_ns() + kRetryNs);
    }
    return true;
  }
  /// Producer. \return false when there is no room now
  bool try_push(const T& value) noexcept { return ring_.try_push(value); }

  /// Consumer. \return values copied
  std::size_t pop(std::span<T> out) noexcept {
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
  /// Three quarters full: time to produce less. Any thread.
  [[nodiscard]] bool crowded() const noexcept { return size() >= ring_.capacity() / 4 * 3; }

 private:
  static constexpr std::uint64_t kRetryNs = 50 * kNsPerMs;

  SpscRing<T> ring_;
  platform::Waiter space_;
  std::atomic<bool> abandoned_{false};
};

}  // namespace pacegate
