/// \file
/// A three-valued futex word: the waking side makes a system call only when a thread really sleeps.
/// FUTEX_WAIT_BITSET is used because it takes an absolute time, where FUTEX_WAIT takes a relative
/// one: a thread that is preempted between reading the clock and sleeping is not late by that much.
#include "platform/waiter.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "platform/clock.h"
#include "platform/linux/timespec.h"

namespace pacegate::platform {
namespace {

constexpr std::uint32_t kIdle = 0;
constexpr std::uint32_t kWoken = 1;     // a wake no wait has returned for yet
constexpr std::uint32_t kSleeping = 2;  // the waiting thread is in, or on its way into, the kernel

static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
                  sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t),
              "the kernel reads the atomic as a plain word");

std::uint32_t* futex_word(std::atomic<std::uint32_t>& state) noexcept {
  return reinterpret_cast<std::uint32_t*>(&state);
}

}  // namespace

void Waiter::wait_until(std::uint64_t deadline_ns) noexcept {
  std::uint32_t expected = kIdle;
  if (pending_.compare_exchange_strong(expected, kSleeping, std::memory_order_acquire)) {
    const timespec deadline = timespec_from_ns(deadline_ns);
    // The kernel may return early (a signal, a stale wake): only the state and the clock decide.
    while (pending_.load(std::memory_order_relaxed) == kSleeping && monotonic_ns() < deadline_ns) {
      syscall(SYS_futex, futex_word(pending_), FUTEX_WAIT_BITSET_PRIVATE, kSleeping, &deadline,
              nullptr, FUTEX_BITSET_MATCH_ANY);
    }
  }
  pending_.exchange(kIdle, std::memory_order_acquire);
}

void Waiter::wake() noexcept {
  if (pending_.exchange(kWoken, std::memory_order_release) != kSleeping) return;
  const int saved = errno;  // a signal handler must leave errno as it was
  syscall(SYS_futex, futex_word(pending_), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace pacegate::platform
