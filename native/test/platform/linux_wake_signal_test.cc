// Linux only: it needs its network namespaces, signals or thread traits.
#ifdef __linux__

#include <doctest/doctest.h>

#include <csignal>
#include <optional>

#include "platform/linux/wake_signal.h"

using namespace pacegate::platform;

TEST_SUITE("platform wake signal") {
  TEST_CASE("the wake signal is one that nobody has taken, and is given back") {
    const int highest = SIGRTMAX;
    struct sigaction theirs{};
    theirs.sa_handler = [](int) {};
    REQUIRE(sigaction(highest, &theirs, nullptr) == 0);
    {
      const WakeSignal one;
      const WakeSignal other;
      CHECK(one.number() == highest - 1);
      CHECK(other.number() == one.number());
    }
    struct sigaction found{};
    REQUIRE(sigaction(highest - 1, nullptr, &found) == 0);
    CHECK((found.sa_handler == SIG_DFL));
    REQUIRE(sigaction(highest, nullptr, &found) == 0);
    CHECK((found.sa_handler == theirs.sa_handler));
    signal(highest, SIG_DFL);
  }

  TEST_CASE("a handler that the program has set meanwhile stays") {
    const auto theirs = [](int) {};
    int number = 0;
    {
      const WakeSignal ours;
      number = ours.number();
      signal(number, theirs);
    }
    struct sigaction found{};
    REQUIRE(sigaction(number, nullptr, &found) == 0);
    CHECK((found.sa_handler == static_cast<void (*)(int)>(theirs)));
    signal(number, SIG_DFL);
  }
}

#endif
