#include "platform/shared_lock.h"

#include <pthread.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <string>
#include <thread>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

/// Critical sections last microseconds; who holds the lock for longer does not run.
constexpr std::uint64_t kPatienceNs = 2 * kNsPerSecond;

pthread_mutex_t* mutex_in(std::byte* room) noexcept {
  return std::launder(reinterpret_cast<pthread_mutex_t*>(room));
}

[[noreturn]] void throw_lock_error(const std::string& problem, int error) {
  throw PlatformError(Fault::shared_state, "the lock of the shared state " + problem, error);
}

/// Not by pthread_mutex_timedlock: it waits by the wall clock, which may be set.
/// \return 0, EOWNERDEAD, EBUSY or another errno
int lock_patiently(pthread_mutex_t* mutex) noexcept {
  int result = pthread_mutex_trylock(mutex);
  for (int round = 0; result == EBUSY && round < 100; ++round) {
    std::this_thread::yield();
    result = pthread_mutex_trylock(mutex);
  }
  if (result != EBUSY) return result;
  const std::uint64_t deadline_ns = monotonic_ns() + kPatienceNs;
  while (result == EBUSY && monotonic_ns() < deadline_ns) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    result = pthread_mutex_trylock(mutex);
  }
  return result;
}

}  // namespace

SharedLock::SharedLock(Found found) : mutex_{}, busy_(found == Found::abandoned ? 1 : 0) {
  static_assert(sizeof(pthread_mutex_t) <= sizeof mutex_ && alignof(pthread_mutex_t) <= 16);
  pthread_mutexattr_t traits;
  pthread_mutexattr_init(&traits);
  pthread_mutexattr_setpshared(&traits, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&traits, PTHREAD_MUTEX_ROBUST);
  auto* mutex = new (static_cast<void*>(mutex_)) pthread_mutex_t;
  const int error = pthread_mutex_init(mutex, &traits);
  if (error != 0) throw_lock_error("cannot be made: " + describe_errno(error), error);
}

SharedLock::Found SharedLock::lock() {
  pthread_mutex_t* mutex = mutex_in(mutex_);
  int error = lock_patiently(mutex);
  if (error == EOWNERDEAD) error = pthread_mutex_consistent(mutex);
  if (error == EBUSY) throw_lock_error("is held by a process that does not run", error);
  if (error != 0) throw_lock_error("is damaged: " + describe_errno(error), error);
  // Not by EOWNERDEAD: a holder may be killed before its first change or behind its last.
  return busy_.exchange(1, std::memory_order_acq_rel) == 0 ? Found::whole : Found::abandoned;
}

void SharedLock::unlock() noexcept {
  busy_.store(0, std::memory_order_release);
  pthread_mutex_unlock(mutex_in(mutex_));
}

std::uint64_t SharedLock::abi() noexcept {
#ifdef __GLIBC__
  constexpr std::uint64_t kLibc = 1;
#else
  constexpr std::uint64_t kLibc = 2;
#endif
  return kLibc << 16 | sizeof(pthread_mutex_t) << 8 | sizeof(void*);
}

}  // namespace pacegate::platform
