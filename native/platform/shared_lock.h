/// \file
/// A mutual exclusion that lives in memory which threads and processes share, and outlives those
/// that hold it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pacegate::platform {

/// Placed in shared memory by the first who comes, then used by all. On Linux a robust
/// process-shared pthread mutex: when its holder is killed, the kernel passes it on at once.
/// Elsewhere a spinning word, for the threads of one process. Never destroyed: it owns nothing.
///
/// Its holders must see each other's threads under the same ids, so all of one PID namespace. Not
/// recursive.
class SharedLock {
 public:
  /// What the holder before did with the state that the lock guards.
  enum class Found : std::uint8_t {
    whole,
    abandoned,  ///< it died in the middle: whatever it was changing may be half changed
  };

  /// \param found what the first one to lock() is told: abandoned when a lock with unfinished()
  /// work is made anew
  explicit SharedLock(Found found = Found::whole);
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

  /// Waits for the lock; takes about 30 ns when it is free. Who is told `abandoned` must bring the
  /// state in order before unlock(); who dies before that leaves it `abandoned` for the next.
  /// \throws PlatformError (shared_state) when it is not to be had within 2 s: the holder is stopped
  [[nodiscard]] Found lock();
  /// The holder only.
  void unlock() noexcept;

  /// Whether somebody holds it or died with it.
  [[nodiscard]] bool unfinished() const noexcept {
    return busy_.load(std::memory_order_acquire) != 0;
  }

  /// Tells binaries apart whose locks are not the same thing in memory (libc, word size, size).
  [[nodiscard]] static std::uint64_t abi() noexcept;

 private:
  // Room for the mutex of every libc: 40 bytes on x86-64, 48 on arm64.
  // NOLINTNEXTLINE(modernize-use-default-member-init): a constructor makes the mutex in place
  alignas(16) std::byte mutex_[48];
  std::atomic<std::uint32_t> busy_;  // set while the state may be half changed
};

/// Holds a SharedLock for a scope.
class SharedLockGuard {
 public:
  /// \throws as SharedLock::lock()
  explicit SharedLockGuard(SharedLock& lock) : lock_(lock), found_(lock.lock()) {}
  SharedLockGuard(const SharedLockGuard&) = delete;
  SharedLockGuard& operator=(const SharedLockGuard&) = delete;
  ~SharedLockGuard() { lock_.unlock(); }

  [[nodiscard]] bool abandoned() const noexcept { return found_ == SharedLock::Found::abandoned; }

 private:
  SharedLock& lock_;
  SharedLock::Found found_;
};

}  // namespace pacegate::platform
