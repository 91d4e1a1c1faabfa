// Targets that only late answers can still come from.
#include <doctest/doctest.h>

#include "engine/hosts/host_simulation.h"

namespace pacegate::hosts {

TEST_SUITE("hosts") {
  TEST_CASE("P6 a target that nothing more is sent to makes room, and its late answers count") {
    World world;
    world.targets = 30;
    world.group = {.max = 3};
    world.is_adaptive = true;
    // Each target answers for half of its ports at once, for one late, and for the others never.
    world.reply = [](const Target& target, std::uint32_t tries) -> std::optional<std::uint64_t> {
      if (target.port <= 5) return kStep;
      if (target.port == 6 && tries == 2) return kTimeout - 10 * kNsPerMs;
      return std::nullopt;
    };
    Simulation simulation(world);
    simulation.run();
    CHECK(simulation.settled() == 300);
    CHECK(simulation.silent() == 30 * 4);
    for (const auto& [position, tries] : simulation.tries()) CHECK(tries <= 2);
    CHECK(simulation.group().active() == 0);
    // Ten groups of two short time-outs each (100 ms), not of one more that is whole (300 ms).
    CHECK(simulation.elapsed() < 10 * (200 + 60) * kNsPerMs + kTimeout);
  }
}

}  // namespace pacegate::hosts
