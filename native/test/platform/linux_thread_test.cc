// Linux only: it needs its network namespaces, signals or thread traits.
#ifdef __linux__

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <thread>

#include "platform/thread.h"

using namespace pacegate::platform;

TEST_SUITE("platform thread") {
  TEST_CASE("a thread can be told by its name") {
    std::thread named([] {
      name_this_thread("pacegate-send");
      std::array<char, 16> name{};
      pthread_getname_np(pthread_self(), name.data(), name.size());
      CHECK(std::string(name.data()) == "pacegate-send");
    });
    named.join();
  }

  TEST_CASE("sharpening sets a timer slack of one nanosecond, for the calling thread alone") {
    const int before = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    std::thread sharp([] {
      sharpen_timers_of_this_thread();
      CHECK(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) == 1);
    });
    sharp.join();
    CHECK(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) == before);
  }

  TEST_CASE("a preferred thread goes first where that is permitted; the others stay as they were") {
    const int before = getpriority(PRIO_PROCESS, 0);
    std::thread preferred([&] {
      prefer_this_thread();
      const int now = getpriority(PRIO_PROCESS, 0);
      CHECK((now == -10 || now == before));
      if (geteuid() == 0 && std::thread::hardware_concurrency() > 1) CHECK(now == -10);
    });
    preferred.join();
    CHECK(getpriority(PRIO_PROCESS, 0) == before);
  }

  TEST_CASE("where a thread has one processor only, it is not preferred") {
    std::thread alone([] {
      const int before = getpriority(PRIO_PROCESS, 0);
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
      REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
      prefer_this_thread();
      CHECK(getpriority(PRIO_PROCESS, 0) == before);
    });
    alone.join();
  }

  TEST_CASE("the time a thread has used grows with its work, not with its sleep") {
    const auto before = thread_cpu_ns();
    while (thread_cpu_ns() < before + 1'000'000) {
    }
    std::thread fresh([&] { CHECK(thread_cpu_ns() < before + 1'000'000); });
    fresh.join();
  }
}

#endif
