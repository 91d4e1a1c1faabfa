#include "engine/deferral/resume_floor.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

namespace pacegate {

TEST_SUITE("deferral") {
  TEST_CASE("P5 the resume floor passes nothing that is put aside, and is not far behind it") {
    std::mt19937_64 random(5);
    ResumeFloor floor;
    std::uint64_t settled = 0;
    constexpr std::uint64_t kWindow = 300;
    std::map<std::uint64_t, ResumeFloor::Mark> aside;
    for (int step = 0; step < 200'000; ++step) {
      settled += random() % 4;
      const std::uint64_t position = settled + random() % kWindow;
      if (random() % 3 != 0 && !aside.contains(position)) aside[position] = floor.add(settled);
      while (aside.size() > 50 + random() % 100) {
        // Now and then an early one stays for long.
        auto victim = aside.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(random() % 20 == 0 ? 0 : 5));
        floor.remove(victim->second);
        aside.erase(victim);
      }
      if (aside.empty()) {
        REQUIRE(floor.position() == UINT64_MAX);
        continue;
      }
      REQUIRE(floor.position() <= aside.begin()->first);
      REQUIRE(floor.position() + kWindow + ResumeFloor::kStep > aside.begin()->first);
    }
    for (const auto& [position, mark] : aside) floor.remove(mark);
    CHECK(floor.position() == UINT64_MAX);
  }
}

}  // namespace pacegate
