/// \file
/// The portable lock: memory is shared by threads of one process only, which die together.
#include "platform/shared_lock.h"

#include <thread>

namespace pacegate::platform {

SharedLock::SharedLock(Found found) : mutex_{}, busy_(found == Found::abandoned ? 2 : 0) {}

SharedLock::Found SharedLock::lock() {
  for (;;) {
    // 0: free, 1: held, 2: free, and what it guards was left in the middle.
    std::uint32_t seen = busy_.load(std::memory_order_relaxed);
    if (seen != 1 && busy_.compare_exchange_weak(seen, 1, std::memory_order_acquire)) {
      return seen == 0 ? Found::whole : Found::abandoned;
    }
    std::this_thread::yield();
  }
}

void SharedLock::unlock() noexcept {
  busy_.store(0, std::memory_order_release);
}

std::uint64_t SharedLock::abi() noexcept {
  return sizeof(void*);
}

}  // namespace pacegate::platform
