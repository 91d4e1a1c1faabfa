#include "engine/scan/stall_watch.h"

#include <doctest/doctest.h>

namespace pacegate {

TEST_SUITE("engine") {
  TEST_CASE(
      "P3 a device is dead after five seconds of refusals, not after one refusal and a wait") {
    StallWatch watch;
    watch.refused(1, 1 * kNsPerSecond);
    CHECK(!watch.dead());
    watch.refused(1, 100 * kNsPerSecond);
    CHECK(!watch.dead());
    for (int i = 0; i < 13; ++i) watch.refused(1, 100 * kNsPerSecond);
    CHECK(!watch.dead());
    watch.refused(1, 100 * kNsPerSecond);
    CHECK(watch.dead());
  }

  TEST_CASE("P3 one accepted packet starts the five seconds anew") {
    StallWatch watch;
    watch.refused(50, 1 * kNsPerSecond);
    watch.accepted();
    watch.refused(50, 7 * kNsPerSecond);
    CHECK(!watch.dead());
    watch.refused(50, 12 * kNsPerSecond);
    CHECK(!watch.dead());
    watch.refused(50, 12 * kNsPerSecond + 1);
    CHECK(watch.dead());
  }

  TEST_CASE("P3 a device that refuses all it took, only later, is dead too") {
    StallWatch watch;
    watch.reported(20, 0, 1 * kNsPerSecond);
    watch.reported(0, 20, 2 * kNsPerSecond);
    watch.reported(20, 0, 3 * kNsPerSecond);  // no more than before
    watch.reported(0, 20, 8 * kNsPerSecond);
    CHECK(watch.dead());
    watch.reported(21, 0, 9 * kNsPerSecond);
    CHECK(!watch.dead());
  }
}

}  // namespace pacegate
