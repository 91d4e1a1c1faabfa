#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/transmit/transmit_rig.h"
#include "engine/transmit/transmitter.h"

namespace pacegate {
namespace {

using packet::FrameVariation;
using platform::SendOutcome;
using platform::SendReport;
using test::available;
using test::bucket_of;
using test::check_exactly;
using test::FakeHoldingSender;
using test::kHardlyEver;
using test::kUnlimited;
using test::ports_from;
using test::Rig;

}  // namespace

TEST_SUITE("engine/transmit under its limits") {
  TEST_CASE("stop ends a transmit whose device is always busy, and tokens go back") {
    TokenBucket bucket = bucket_of(kHardlyEver, 10);
    Rig rig(kUnlimited, &bucket);
    rig.device->policy = [&, taken = false](std::size_t) mutable -> SendReport {
      const std::size_t accepted = std::exchange(taken, true) ? 0 : 4;
      return {accepted, SendOutcome::busy, ENOBUFS};
    };
    rig.transmitter.begin(ports_from(1), 100);
    while (rig.count(kTransmitBusy) < 3) std::this_thread::yield();
    rig.transmitter.stop();
    CHECK(rig.await_end() == TransmitPhase::stopped);
    CHECK(rig.count(kTransmitRunSent) == 4);
    CHECK(available(bucket) == doctest::Approx(6).epsilon(0.01));
  }

  TEST_CASE("P3 the limiter holds to the token, and a change of its rate is heard") {
    TokenBucket bucket = bucket_of(kHardlyEver, 10);
    Rig rig(kUnlimited, &bucket);
    const FrameVariation frames = ports_from(1);
    rig.transmitter.begin(frames, 300);
    while (rig.count(kTransmitStarved) == 0) std::this_thread::yield();
    CHECK(rig.device->count() == 10);
    CHECK(rig.count(kTransmitForgone) == 0);
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    bucket.set_quota(*make_quota(1e6, 100), ticks_from_ns(platform::monotonic_ns()));
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 300);
  }

  TEST_CASE("a token is not given back while somebody waits for the bucket") {
    TokenBucket bucket = bucket_of(kHardlyEver, 10);
    Rig rig(kUnlimited, &bucket);
    rig.device->policy = [](std::size_t) -> SendReport { return {0, SendOutcome::busy, EAGAIN}; };
    rig.transmitter.begin(ports_from(1), 100);
    while (rig.count(kTransmitBusy) == 0) std::this_thread::yield();
    const Ticks now = ticks_from_ns(platform::monotonic_ns());
    REQUIRE(bucket.reserve(1, Ticks{1} << 58, now).allowed());
    rig.transmitter.stop();
    CHECK(rig.await_end() == TransmitPhase::stopped);
    CHECK(available(bucket) == 0);
    CHECK(bucket.time_to_full(ticks_from_ns(platform::monotonic_ns())) > bucket.quota().capacity);
  }

  TEST_CASE("P9 the rate holds, and another one is heard at once") {
    Rig rig(kHardlyEver);
    const FrameVariation frames = ports_from(1);
    rig.transmitter.begin(frames, 50);
    while (rig.count(kTransmitRunSent) == 0) std::this_thread::yield();
    CHECK(rig.device->count() == 1);
    rig.transmitter.set_rate(kUnlimited);
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 50);
  }

  TEST_CASE("P9 packets per second are those after the first, in the time after it") {
    Rig rig(2000);
    rig.transmitter.begin(ports_from(1), 20);
    CHECK(rig.await_end() == TransmitPhase::complete);
    const double paced_ns = rig.slots.get(kTransmitRunPacedNs);
    CHECK(rig.count(kTransmitRunPacedPackets) <= 19);
    CHECK(rig.count(kTransmitRunPacedPackets) >= 1);
    CHECK(paced_ns <= rig.slots.get(kTransmitRunEndNs) - rig.slots.get(kTransmitRunStartNs));
    CHECK(rig.slots.get(kTransmitPacedNs) == paced_ns);
  }
}

TEST_SUITE("engine/transmit with a lead") {
  TEST_CASE("P3 every frame leaves once, and not before its time") {
    Rig<FakeHoldingSender> rig(20'000);
    const FrameVariation frames = ports_from(1000);
    rig.transmitter.begin(frames, 400);
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 400);
    CHECK(rig.count(kTransmitRunSent) == 400);
  }

  TEST_CASE("P3 flat out: more than the sender has room for") {
    Rig<FakeHoldingSender> rig;
    const FrameVariation frames = ports_from(1);
    rig.transmitter.begin(frames, 2000);
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 2000);
  }

  TEST_CASE("frames that the device had no room for are failures, and cost no token") {
    TokenBucket bucket = bucket_of(kHardlyEver, 100);
    Rig<FakeHoldingSender> rig(kUnlimited, &bucket);
    int number = 0;
    rig.device->policy = [&](std::size_t) -> SendReport {
      return {.accepted = ++number % 4 == 0 ? std::size_t{0} : std::size_t{1}};
    };
    rig.transmitter.begin(ports_from(1), 60);
    CHECK(rig.await_end() == TransmitPhase::complete);
    CHECK(rig.count(kTransmitRunSent) == 45);
    CHECK(rig.count(kTransmitRunFailed) == 15);
    CHECK(rig.device->count() == 45);
    CHECK(available(bucket) == doctest::Approx(55).epsilon(0.01));
  }

  TEST_CASE("refusals that are told of after their frames are failures all the same") {
    TokenBucket bucket = bucket_of(kHardlyEver, 400);
    Rig<FakeHoldingSender> rig(kUnlimited, &bucket);
    rig.device->tells_refusals_late = true;
    int number = 0;
    // All of the last frames: what comes late then comes after the last of them has left.
    rig.device->policy = [&](std::size_t) -> SendReport {
      return {.accepted = ++number > 100 ? std::size_t{0} : std::size_t{1}};
    };
    rig.transmitter.begin(ports_from(1), 300);
    CHECK(rig.await_end() == TransmitPhase::complete);
    CHECK(rig.count(kTransmitRunSent) == 100);
    CHECK(rig.count(kTransmitRunFailed) == 200);
    CHECK(rig.count(kTransmitSent) == 100);
    CHECK(available(bucket) == doctest::Approx(300).epsilon(0.01));
  }

  TEST_CASE("P3 what send handed over is no part of the transmit after it") {
    Rig<FakeHoldingSender> rig(1000);
    const test::Frame frame(60, 1);
    const std::vector<std::span<const std::uint8_t>> one(1, frame);
    REQUIRE(rig.transmitter.send(one).accepted == 1);
    rig.transmitter.begin(ports_from(1), 3);
    CHECK(rig.await_end() == TransmitPhase::complete);
    CHECK(rig.count(kTransmitRunSent) == 3);
    CHECK(rig.count(kTransmitSent) == 4);
  }

  TEST_CASE("what send handed over is counted when somebody looks, and its refusals cost nothing") {
    TokenBucket bucket = bucket_of(kHardlyEver, 10);
    Rig<FakeHoldingSender> rig(kUnlimited, &bucket);
    rig.device->policy = [](std::size_t) -> SendReport { return {}; };
    const test::Frame frame(60, 1);
    const std::vector<std::span<const std::uint8_t>> frames(4, frame);
    REQUIRE(rig.transmitter.send(frames).accepted == 4);
    while (rig.count(kTransmitFailed) < 4) rig.transmitter.take_departures();
    CHECK(rig.count(kTransmitSent) == 0);
    CHECK(available(bucket) == doctest::Approx(10).epsilon(0.01));
  }

  TEST_CASE("tokens of frames that turn out refused go back when the sender goes") {
    TokenBucket bucket = bucket_of(kHardlyEver, 10);
    {
      Rig<FakeHoldingSender> rig(kUnlimited, &bucket);
      rig.device->policy = [](std::size_t) -> SendReport { return {}; };
      const test::Frame frame(60, 1);
      const std::vector<std::span<const std::uint8_t>> frames(4, frame);
      REQUIRE(rig.transmitter.send(frames).accepted == 4);
    }
    CHECK(available(bucket) == doctest::Approx(10).epsilon(0.01));
  }

  TEST_CASE("what send handed over leaves before the sender goes") {
    const auto device = std::make_shared<test::FakeDevice>();
    TransmitSlots slots;
    {
      Transmitter transmitter(test::opens<FakeHoldingSender>(device), {.rate = 1000}, slots);
      const test::Frame small(60, 1);
      const test::Frame large(1000, 2);
      const std::vector<std::span<const std::uint8_t>> first(3, small);
      const std::vector<std::span<const std::uint8_t>> second(1, large);
      CHECK(transmitter.send(first).accepted == 3);
      CHECK(transmitter.send(second).accepted <= 1);
      CHECK(device->opened == 2);
      CHECK(device->count() >= 3);
    }
    CHECK(device->count() == static_cast<std::size_t>(slots.get(kTransmitSent)));
  }

  TEST_CASE("for very many frames the sender is opened for their size") {
    Rig<FakeHoldingSender> rig;
    rig.transmitter.begin(ports_from(1), 999'999);
    rig.transmitter.stop();
    CHECK(rig.await_end() == TransmitPhase::stopped);
    CHECK(rig.device->opened == 1);
    rig.transmitter.begin(ports_from(1), 1'000'000);
    rig.transmitter.stop();
    CHECK(rig.await_end() == TransmitPhase::stopped);
    CHECK(rig.device->opened == 2);
  }

  TEST_CASE("what is held when it is stopped still leaves, and is counted") {
    Rig<FakeHoldingSender> rig(1000);
    const FrameVariation frames = ports_from(1);
    rig.transmitter.begin(frames, 1'000'000);
    while (rig.count(kTransmitRunSent) < 3) std::this_thread::yield();
    rig.transmitter.stop();
    CHECK(rig.await_end() == TransmitPhase::stopped);
    check_exactly(*rig.device, frames, rig.count(kTransmitRunSent));
  }
}

TEST_SUITE("transmit tally") {
  TEST_CASE(
      "a device that has taken nothing for five seconds is dead; one that is asked little is not") {
    TransmitSlots slots;
    Pacer pacer({}, 0, 0);
    TransmitTally tally(slots, pacer);
    tally.began(kNsPerSecond);
    tally.refused(1, ENETDOWN, false, kNsPerSecond);
    tally.refused(1, ENETDOWN, false, 60 * kNsPerSecond);
    CHECK_FALSE(tally.device_is_dead());
    tally.busy(ENOBUFS, true, 61 * kNsPerSecond);
    for (std::uint64_t i = 0; i < 20; ++i) tally.busy(ENOBUFS, false, 62 * kNsPerSecond + i);
    CHECK(tally.device_is_dead());
    tally.sent(1, 63 * kNsPerSecond);
    CHECK_FALSE(tally.device_is_dead());
    tally.holding(64 * kNsPerSecond);
    for (std::uint64_t i = 0; i < 20; ++i) tally.holding(70 * kNsPerSecond + i);
    CHECK(tally.device_is_dead());
    tally.began(71 * kNsPerSecond);
    CHECK_FALSE(tally.device_is_dead());
  }

  TEST_CASE("no more is taken back than was told of, and what is refused late takes back") {
    TransmitSlots slots;
    Pacer pacer({}, kNsPerMs, 0);
    TransmitTally tally(slots, pacer);
    CHECK(tally.departed({.left = 5, .refused = 1, .first_ns = 10, .last_ns = 20}, 30) == 1);
    CHECK(slots.get(kTransmitSent) == 4);
    tally.began(40);
    CHECK(tally.departed({.left = 1, .refused = 3, .first_ns = 50, .last_ns = 50}, 60) == 3);
    CHECK(slots.get(kTransmitSent) == 2);
    CHECK(slots.get(kTransmitFailed) == 4);
    CHECK(slots.get(kTransmitRunSent) == 0);
    CHECK(slots.get(kTransmitRunFailed) == 1);
    CHECK(tally.departed({.left = 0, .refused = 100}, 70) == 2);
    CHECK(slots.get(kTransmitSent) == 0);
    CHECK(slots.get(kTransmitFailed) == 6);
  }

  TEST_CASE(
      "a device that refuses every frame, told of a little later, is dead after five seconds") {
    TransmitSlots slots;
    Pacer pacer({}, kNsPerMs, 0);
    TransmitTally tally(slots, pacer);
    tally.began(kNsPerSecond);
    // All but the last 8 or 16 frames are known to be refused.
    std::uint64_t now = kNsPerSecond;
    for (std::uint64_t i = 0; i < 60; ++i, now += kNsPerSecond / 10) {
      const std::uint64_t refused = i == 0 ? 84 : (i % 2 == 0 ? 92 : 108);
      tally.departed({.left = 100, .refused = refused, .first_ns = now, .last_ns = now}, now);
    }
    CHECK(tally.device_is_dead());
  }

  TEST_CASE("a departure from before the last look makes no device dead") {
    TransmitSlots slots;
    Pacer pacer({}, kNsPerMs, 0);
    TransmitTally tally(slots, pacer);
    tally.began(kNsPerSecond);
    tally.holding(2 * kNsPerSecond);
    const std::uint64_t before = 2 * kNsPerSecond - 1;
    tally.departed({.left = 20, .refused = 20, .first_ns = before, .last_ns = before},
                   2 * kNsPerSecond + 1);
    CHECK_FALSE(tally.device_is_dead());
  }
}

}  // namespace pacegate
