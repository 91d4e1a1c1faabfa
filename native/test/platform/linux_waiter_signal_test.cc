// Linux only: it needs its network namespaces, signals or thread traits.
#ifdef __linux__

#include <doctest/doctest.h>
#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <thread>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/waiter.h"

using namespace pacegate;
using namespace pacegate::platform;

namespace {

void on_signal(int) {}

}  // namespace

TEST_SUITE("waiter") {
  TEST_CASE("a signal does not end a wait, and a handler may wake") {
    static Waiter waiter;
    struct sigaction action{};
    struct sigaction before{};
    action.sa_handler = on_signal;
    REQUIRE(sigaction(SIGUSR1, &action, &before) == 0);
    const pthread_t self = pthread_self();
    const std::uint64_t deadline = monotonic_ns() + 5 * kNsPerMs;
    std::thread sender([&] { pthread_kill(self, SIGUSR1); });
    waiter.wait_until(deadline);
    CHECK(monotonic_ns() >= deadline);
    sender.join();
    action.sa_handler = [](int) { waiter.wake(); };
    REQUIRE(sigaction(SIGUSR1, &action, nullptr) == 0);
    errno = ENOENT;
    pthread_kill(self, SIGUSR1);
    CHECK(errno == ENOENT);
    waiter.wait_until(UINT64_MAX);
    sigaction(SIGUSR1, &before, nullptr);
  }
}

#endif
