// Who is under way, in which order, and that every pair is settled once.
#include "engine/hosts/host_group.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/hosts/host_simulation.h"

namespace pacegate::hosts {
namespace {

Replies some_are_silent() {
  return [](const Target& target, std::uint32_t) -> std::optional<std::uint64_t> {
    if (target.port % 3 == 0) return std::nullopt;
    return 5 * kNsPerMs;
  };
}

}  // namespace

TEST_SUITE("hosts") {
  TEST_CASE(
      "P6 every pair is settled once, and never more targets are under way than the group holds") {
    for (const bool is_barrier : {false, true}) {
      for (const std::uint32_t max : {1U, 3U, 7U, 20U, 100U}) {
        World world;
        world.seed = max;
        world.group = {.max = max, .is_barrier = is_barrier};
        world.reply = some_are_silent();
        Simulation simulation(world);
        simulation.run();
        CHECK(simulation.settled() == 200);
        CHECK(simulation.silent() == 60);
        CHECK(simulation.most_active() == std::min<std::size_t>(max, 20));
        for (const auto& [position, tries] : simulation.tries()) {
          CHECK(tries == (simulation.has_settled(position) && tries == 2 ? 2 : 1));
        }
        CHECK(std::count_if(simulation.tries().begin(), simulation.tries().end(),
                            [](const auto& pair) { return pair.second == 2; }) == 60);
      }
    }
  }

  TEST_CASE("P6 a slow target holds up nobody but its successor") {
    World world;
    world.group = {.max = 4};
    const IpAddress slow = IpAddress::v4(0x0a000003);
    world.reply = [slow](const Target& target, std::uint32_t) -> std::optional<std::uint64_t> {
      if (target.address == slow) return std::nullopt;
      return kStep;
    };
    Simulation simulation(world);
    simulation.run();
    // 190 answered pairs at 20 a step, and beside them two time-outs of the slow one.
    CHECK(simulation.elapsed() < 3 * kTimeout);
    CHECK(simulation.silent() == 10);
  }

  TEST_CASE(
      "P6 a barrier begins the next targets when fewer than the smallest group are under way") {
    for (const std::uint32_t min : {1U, 3U}) {
      World world;
      world.targets = 8;
      world.ports = 1;
      world.tries = 1;
      world.group = {.max = 4, .min = min, .is_barrier = true};
      // One after the other: the first target is answered after 10 ms, the second after 20.
      world.reply = [](const Target& target, std::uint32_t) -> std::optional<std::uint64_t> {
        return 10 * kNsPerMs * (target.address.distance_from(IpAddress::v4(0x0a000000)) + 1);
      };
      Simulation simulation(world);
      std::vector<std::uint32_t> before;
      std::uint32_t active = 0;
      std::size_t begun = 0;
      while (!simulation.step()) {
        if (begun > 0 && simulation.begun().size() > begun) before.push_back(active);
        begun = simulation.begun().size();
        active = simulation.group().active();
      }
      // Never more than that many were left when others began.
      for (const std::uint32_t left : before) CHECK(left <= min);
      CHECK(simulation.settled() == 8);
    }
  }

  TEST_CASE("P6 the order is the seed's: another for each, the same for the same") {
    const auto begun_with = [](std::uint64_t seed) {
      World world;
      world.seed = seed;
      world.group = {.max = 3};
      Simulation simulation(world);
      simulation.run();
      return simulation.begun();
    };
    CHECK(begun_with(1) == begun_with(1));
    CHECK(begun_with(1) != begun_with(2));
  }

  TEST_CASE("P6 stopped anywhere, its progress leads the next run to the rest") {
    for (const int steps : {1, 3, 17, 60, 330, 700, 2000}) {
      World world;
      world.group = {.max = 5};
      world.reply = some_are_silent();
      world.per_step = 2;
      Simulation first(world);
      for (int i = 0; i < steps; ++i) {
        if (first.step()) break;
      }
      first.group().stop();
      for (int i = 0; i < 2000; ++i) first.step();
      world.group.resumed = first.group().progress();
      world.group.max = 2;  // it need not be the same group
      Simulation second(world);
      second.run();
      std::size_t covered = 0;
      for (std::uint64_t position = 0; position < 200; ++position) {
        covered += first.has_settled(position) || second.has_settled(position) ? 1 : 0;
      }
      CHECK(covered == 200);
      // What is repeated was begun in the last time-outs.
      CHECK(first.settled() + second.settled() <= 200 + 5 * 10);
    }
  }

  TEST_CASE("P11 shards of a hostgroup: together every pair once, targets cut in two included") {
    for (const std::uint64_t count : {1U, 2U, 3U, 7U}) {
      std::map<std::uint64_t, int> probed;
      for (std::uint64_t index = 0; index < count; ++index) {
        World world;
        world.group = {.max = 4};
        world.span = {200 * index / count, 200 * (index + 1) / count};
        Simulation simulation(world);
        simulation.run();
        for (const auto& [position, tries] : simulation.tries()) probed[position] += 1;
      }
      CHECK(probed.size() == 200);
      for (const auto& [position, times] : probed) CHECK(times == 1);
    }
  }

  TEST_CASE(
      "P11 a target's round-trip times decide when it is probed again, and late answers count") {
    World world;
    world.targets = 4;
    world.group = {.max = 4};
    world.is_adaptive = true;
    const IpAddress far = IpAddress::v4(0x0a000001);
    // Of each target half of the ports; the first time nothing arrives from the one that is far.
    world.reply = [far](const Target& target, std::uint32_t tries) -> std::optional<std::uint64_t> {
      if (target.port % 2 == 0) return std::nullopt;
      if (target.address == far && tries == 1) return 250 * kNsPerMs;
      return 5 * kNsPerMs;
    };
    Simulation simulation(world);
    simulation.run();
    CHECK(simulation.silent() == 20);
    CHECK(simulation.settled() == 40);
    const auto& pauses = simulation.pauses();
    CHECK(*std::min_element(pauses.begin(), pauses.end()) >= 100 * kNsPerMs);
    CHECK(*std::min_element(pauses.begin(), pauses.end()) < 120 * kNsPerMs);
    CHECK(*std::max_element(pauses.begin(), pauses.end()) <= kTimeout + 20 * kNsPerMs);
  }

  TEST_CASE(
      "P6 a target that takes too long is given up, every pair of it once, and the others go on") {
    World world;
    world.ports = 100;
    world.per_step = 4;
    world.group = {.max = 2, .host_timeout_ns = 150 * kNsPerMs};
    const IpAddress slow = IpAddress::v4(0x0a000003);
    world.reply = [slow](const Target& target, std::uint32_t) -> std::optional<std::uint64_t> {
      if (target.address == slow) return std::nullopt;
      return kStep;
    };
    Simulation simulation(world);
    simulation.run();
    CHECK(simulation.settled() == 20 * 100);
    CHECK(simulation.group().timed_out() == 1);
    // Its time-out is shorter than that of a probe: nothing of it had had its last try.
    CHECK(simulation.cut(Reason::host_timeout) == 100);
    CHECK(simulation.silent() == 0);
    CHECK(simulation.most_active() <= 2);
  }

  TEST_CASE("P6 what has had its last try when its target is given up is awaited all the same") {
    World world;
    world.targets = 1;
    world.ports = 40;
    world.tries = 1;
    world.per_step = 1;
    world.group = {.max = 1, .host_timeout_ns = 20 * kNsPerMs};
    world.reply = [](const Target& target, std::uint32_t) -> std::optional<std::uint64_t> {
      if (target.port % 2 == 0) return std::nullopt;
      return kTimeout / 2;
    };
    Simulation simulation(world);
    simulation.run();
    CHECK(simulation.settled() == 40);
    const std::size_t probed = simulation.tries().size();
    CHECK(probed < 40);
    CHECK(simulation.cut(Reason::host_timeout) == 40 - probed);
    CHECK(simulation.silent() > 0);
    CHECK(simulation.silent() < probed);
  }

  TEST_CASE("P6 a pause brings no target's time-out nearer") {
    World world;
    world.targets = 1;
    world.group = {.max = 1, .host_timeout_ns = 100 * kNsPerMs};
    world.per_step = 1;
    Simulation simulation(world);
    for (int i = 0; i < 3; ++i) (void)simulation.step();
    simulation.sit_out(1000 * kNsPerMs);
    simulation.run();
    CHECK(simulation.group().timed_out() == 0);
  }

  TEST_CASE("P6 a target that is open everywhere is told once, and left alone if that is wanted") {
    for (const bool is_left_alone : {false, true}) {
      World world;
      world.targets = 1;
      world.ports = 200;
      world.per_step = 1;
      world.is_open = true;
      world.group = {.max = 1,
                     .tarpit = {.open = 50, .probed = 64, .is_left_alone = is_left_alone}};
      Simulation simulation(world);
      simulation.run();
      CHECK(simulation.settled() == 200);
      REQUIRE(simulation.tarpits().size() == 1);
      CHECK(simulation.tarpits()[0].probed == 64);
      CHECK(simulation.tarpits()[0].open > 50);
      CHECK(simulation.group().tarpits() == 1);
      CHECK((simulation.cut(Reason::too_many_open) > 100) == is_left_alone);
    }
  }

  TEST_CASE("P6 a target with many open ports among more that are not is no tarpit") {
    World world;
    world.targets = 1;
    world.ports = 400;
    world.per_step = 10;
    world.is_open = true;
    world.group = {.max = 1, .tarpit = {.open = 50, .probed = 64, .is_left_alone = true}};
    // 60 open ones, which answer at once; the others are silent.
    world.reply = [](const Target& target, std::uint32_t) -> std::optional<std::uint64_t> {
      if (target.port > 60) return std::nullopt;
      return kStep;
    };
    Simulation simulation(world);
    simulation.run();
    CHECK(simulation.tarpits().empty());
    CHECK(simulation.silent() == 340);
  }

  TEST_CASE("a probe that cannot be sent, or that the device refuses, is no answer") {
    World world;
    world.targets = 2;
    world.ports = 2;
    world.tries = 1;
    world.group = {.max = 1};
    TargetPlan plan = plan_of(2, 2);
    const Permutation order(plan.size(), 1);
    TargetGate gate({.is_always_asked = true});
    HostGroup group(plan, order, gate,
                    {.group = world.group, .span = {0, 4}, .seed = 1, .timeout_ns = kTimeout});
    const auto dropped = group.next(kStart, kStart);
    REQUIRE(dropped);
    group.drop(dropped->position);
    const auto refused = group.next(kStart, kStart);
    REQUIRE(refused);
    CHECK(!group.next(kStart, kStart));  // the second target has to wait
    group.unsent(refused->position);
    CHECK(!group.settle_next(kStart + kTimeout - 1));
    const auto silent = group.settle_next(kStart + kTimeout);
    REQUIRE(silent);
    CHECK(silent->is_unsent);
    CHECK(silent->position == refused->position);
    const auto next = group.next(kStart, kStart);
    REQUIRE(next);
    group.sent_again(next->position, kStart + kTimeout);
    CHECK(!group.settle_next(kStart + kTimeout));
    CHECK(group.settle_next(kStart + 2 * kTimeout));
    CHECK(!group.answer(next->position, {.at_ns = kStart}));
    CHECK(group.active() == 1);
    CHECK(group.has_new());
  }
}

}  // namespace pacegate::hosts
