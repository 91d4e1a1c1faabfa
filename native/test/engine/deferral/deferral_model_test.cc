// The whole of deferral over simulated time, against rules written down plainly.
#include <doctest/doctest.h>

#include <cstdint>

#include "core/time.h"
#include "engine/deferral/deferral_simulation.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kSecond = kNsPerSecond;

}  // namespace

TEST_SUITE("deferral") {
  TEST_CASE(
      "P5 every pair is settled once, nobody is probed while silent, one probe on come-back") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      CAPTURE(seed);
      World world;
      world.networks = 1 + static_cast<std::uint32_t>(seed % 8);
      world.retries = static_cast<std::uint32_t>(seed % 3);
      if (seed % 4 == 0) world.limit = 7 * kSecond;
      if (seed % 5 == 0) world.lane.max_pairs = 30;
      if (seed % 7 == 0) world.lane.max_blockers = 3;
      if (seed % 6 == 0) world.lane.max_in_flight = 4;
      Simulation simulation(world, seed);
      simulation.run();
      CHECK(simulation.most_parked() > 0);
    }
  }

  TEST_CASE("P5 without a limit nobody is given up, whatever the room") {
    for (const std::size_t room : {8U, 100U, 100'000U}) {
      CAPTURE(room);
      World world;
      world.positions = 400;
      world.limit = BackoffOptions::kForever;
      world.lane.max_pairs = room;
      Simulation simulation(world, room);
      simulation.run();
      CHECK(simulation.given_up() == 0);
    }
  }

  TEST_CASE("P5 under caps every pair is settled once, in the time that the caps allow") {
    for (std::uint64_t seed = 100; seed < 130; ++seed) {
      CAPTURE(seed);
      World world;
      world.back_off = seed % 2 == 0;
      world.retries = static_cast<std::uint32_t>(seed % 3);
      if (seed % 3 != 0) world.caps.target_rate = 5;
      if (seed % 3 != 1) world.caps.prefix_rate = 30;
      if (seed % 5 == 0) world.lane.max_pairs = 30;
      Simulation simulation(world, seed);
      simulation.run();
      const std::uint64_t packets = simulation.sent();
      const double per_second = seed % 3 == 1 ? 5.0 * world.targets : 30.0 * world.networks;
      CHECK(simulation.seconds() >= static_cast<double>(packets) / per_second - 20);
    }
  }

  TEST_CASE("P5 after a stop what waits stays unsettled, and the floor is before it") {
    World world;
    world.limit = BackoffOptions::kForever;
    Simulation simulation(world, 4);
    simulation.run_and_stop(5 * kSecond);
  }
}

}  // namespace pacegate
