#include "platform/clock.h"

#include <doctest/doctest.h>

#include <cstdint>

using namespace pacegate::platform;

TEST_SUITE("clock") {
  TEST_CASE("the clock never goes back") {
    std::uint64_t last = monotonic_ns();
    for (int i = 0; i < 100'000; ++i) {
      const std::uint64_t now = monotonic_ns();
      REQUIRE(now >= last);
      last = now;
    }
  }
}
