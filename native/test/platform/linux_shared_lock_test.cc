// Linux only: elsewhere the lock is for the threads of one process.
#ifdef __linux__

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <new>
#include <vector>

#include "platform/error.h"
#include "platform/shared_lock.h"
#include "stepped_process.h"

using namespace pacegate::platform;

namespace {

/// What a lock guards: two counters that must be equal whenever nobody is in the middle.
struct Guarded {
  SharedLock lock;
  std::atomic<std::uint64_t> first{0};
  std::atomic<std::uint64_t> second{0};
  std::atomic<std::uint64_t> broken{0};
  std::atomic<std::uint64_t> repaired{0};
  std::atomic<bool> go{false};
};

void count_up(Guarded& guarded) {
  const SharedLockGuard guard(guarded.lock);
  if (guard.abandoned()) {
    guarded.repaired.fetch_add(1);
    guarded.second.store(guarded.first.load());
  }
  if (guarded.first.load() != guarded.second.load()) guarded.broken.fetch_add(1);
  guarded.first.store(guarded.first.load(std::memory_order_relaxed) + 1);
  guarded.second.store(guarded.second.load(std::memory_order_relaxed) + 1);
}

}  // namespace

TEST_SUITE("shared lock") {
  TEST_CASE("H2 who comes after one that was killed while holding it is told, once") {
    const SharedPages<Guarded> guarded;
    SharedLock& lock = guarded->lock;
    ChildProcess child([&] {
      (void)lock.lock();
      raise(SIGKILL);
    });
    CHECK(child.wait() == 128 + SIGKILL);
    CHECK(lock.unfinished());
    CHECK(lock.lock() == SharedLock::Found::abandoned);
    lock.unlock();
    CHECK_FALSE(lock.unfinished());
    CHECK(lock.lock() == SharedLock::Found::whole);
    lock.unlock();
  }

  TEST_CASE("H2 who is told and dies too leaves it to the next") {
    const SharedPages<Guarded> guarded;
    SharedLock& lock = guarded->lock;
    for (int i = 0; i < 3; ++i) {
      ChildProcess child([&] {
        if ((lock.lock() == SharedLock::Found::abandoned) == (i == 0)) _exit(1);
        raise(SIGKILL);
      });
      CHECK(child.wait() == 128 + SIGKILL);
    }
    CHECK(SharedLockGuard(lock).abandoned());
  }

  TEST_CASE("H2 it is made as unfinished for who finds work unfinished") {
    const SharedPages<Guarded> guarded;
    auto* lock = new (&guarded->lock) SharedLock(SharedLock::Found::abandoned);
    CHECK(lock->unfinished());
    CHECK(SharedLockGuard(*lock).abandoned());
    CHECK_FALSE(SharedLockGuard(*lock).abandoned());
  }

  TEST_CASE("H2 processes that are killed at any moment leave a state that is whole or reported") {
    const SharedPages<Guarded> guarded;
    const auto worker = [&] {
      for (;;) count_up(*guarded);
    };
    std::vector<ChildProcess> workers;
    for (int i = 0; i < 4; ++i) workers.emplace_back(worker);
    for (std::size_t round = 0; round < 150; ++round) {
      // Progress, not time: every round somebody gets the lock.
      const std::uint64_t before = guarded->first.load();
      while (guarded->first.load() < before + 50) usleep(100);
      ChildProcess& victim = workers[round % workers.size()];
      victim.kill_now();
      victim = ChildProcess(worker);
    }
    workers.clear();
    count_up(*guarded);
    CHECK(guarded->first.load() == guarded->second.load());
    CHECK(guarded->broken.load() == 0);
    MESSAGE("killed in the middle: ", guarded->repaired.load(), " of 154");
  }

  TEST_CASE("H2 a holder that is stopped is waited for 2 seconds, and then reported") {
    const SharedPages<Guarded> guarded;
    ChildProcess child([&] {
      (void)guarded->lock.lock();
      guarded->go.store(true);
      for (;;) pause();
    });
    while (!guarded->go.load()) usleep(100);
    try {
      (void)guarded->lock.lock();
      FAIL("was not refused");
    } catch (const PlatformError& error) {
      CHECK(error.fault() == Fault::shared_state);
      CHECK(std::string(error.what()) ==
            "the lock of the shared state is held by a process that does not run");
    }
    child.kill_now();
    CHECK(SharedLockGuard(guarded->lock).abandoned());
  }
}

#endif
