// Targets that are given up for more than one reason.
#include <doctest/doctest.h>

#include "engine/hosts/host_simulation.h"

namespace pacegate::hosts {

TEST_SUITE("hosts") {
  TEST_CASE("P6 a target that takes too long and turns out to be a tarpit is given up once") {
    // All answers come together: somewhere here just after the time-out has been noticed.
    for (std::uint64_t answers_ms = 90; answers_ms < 112; ++answers_ms) {
      World world;
      world.targets = 6;
      world.ports = 200;
      world.per_step = 200;
      world.is_open = true;
      world.group = {.max = 2,
                     .host_timeout_ns = 100 * kNsPerMs,
                     .tarpit = {.open = 50, .probed = 64, .is_left_alone = true}};
      world.reply = [answers_ms](const Target&, std::uint32_t) {
        return std::optional(answers_ms * kNsPerMs);
      };
      Simulation simulation(world);
      simulation.run();
      CHECK(simulation.settled() == 6 * 200);
      CHECK(simulation.most_active() <= 2);
      CHECK(simulation.group().active() == 0);
    }
  }
}

}  // namespace pacegate::hosts
