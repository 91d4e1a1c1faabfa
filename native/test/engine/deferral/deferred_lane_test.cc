#include "engine/deferral/deferred_lane.h"

#include <doctest/doctest.h>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 1000 * kNsPerSecond;

IpAddress only_target(std::uint64_t /*position*/) {
  return IpAddress::v4(0x0a000001);
}

}  // namespace

TEST_SUITE("deferral") {
  TEST_CASE("P5 who has waited for a cap and gone does not hide that all the others are silent") {
    GateOptions options;
    options.back_off = true;
    options.caps.target_rate = 1;
    TargetGate gate(options);
    DeferredLane lane(gate, only_target, {.tries = 1, .timeout_ns = kNsPerSecond});
    const IpAddress target = only_target(0);

    CHECK(lane.admit(target, kStart).outcome == DeferredLane::Admission::Outcome::go);
    lane.park({.position = 1}, lane.admit(target, kStart));
    CHECK(!lane.all_wait_for_silence(kStart));
    const std::uint64_t later = kStart + 2 * kNsPerSecond;
    const auto turn = lane.next(later);
    REQUIRE(turn);
    CHECK(turn->position == 1);
    CHECK(lane.answer(1, true));

    CHECK(lane.complain(target, later));
    lane.park({.position = 2}, lane.admit(target, later));
    CHECK(lane.all_wait_for_silence(later));
  }
}

}  // namespace pacegate
