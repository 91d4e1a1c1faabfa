#include "engine/pacing/pacer.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "platform/clock.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 5 * kNsPerSecond;
constexpr std::uint64_t kMs = kNsPerMs;

PacingOptions at_rate(double rate, Precision precision = Precision::balanced) {
  return {.rate = rate, .precision = precision};
}

/// Hands over all that is due. \return how many packets
std::uint64_t serve(Pacer& pacer, std::uint64_t now_ns) {
  const std::uint64_t count = pacer.due(now_ns);
  pacer.commit(count);
  return count;
}

}  // namespace

TEST_SUITE("pacer") {
  TEST_CASE("P3 what has fallen due is handed over, at most once a quantum") {
    Pacer pacer(at_rate(100'000), 0, kStart);
    CHECK(serve(pacer, kStart) == 1);
    CHECK(pacer.next_wake_ns(kStart) == kStart + kMs / 2);
    CHECK(serve(pacer, kStart + kMs / 2) == 50);
    CHECK(pacer.next_wake_ns(kStart + kMs / 2) == kStart + kMs);
    // Late once, and no drift from it.
    CHECK(serve(pacer, kStart + kMs + 70'000) == 57);
    CHECK(serve(pacer, kStart + 2 * kMs) == 93);
  }

  TEST_CASE("P3 the precision is the quantum; a slow rate waits for its deadline") {
    for (const auto& [precision, quantum] :
         {std::pair{Precision::eco, kMs}, std::pair{Precision::balanced, kMs / 2}}) {
      Pacer pacer(at_rate(1e6, precision), 0, kStart);
      serve(pacer, kStart);
      CHECK(pacer.next_wake_ns(kStart + 100) == kStart + quantum);
    }
    Pacer spinning(at_rate(1e6, Precision::spin), 0, kStart);
    serve(spinning, kStart);
    CHECK(spinning.next_wake_ns(kStart + 100) == kStart + 1000);
    Pacer slow(at_rate(10, Precision::eco), 0, kStart);
    serve(slow, kStart);
    CHECK(slow.next_wake_ns(kStart + 1) == kStart + 100 * kMs);
  }

  TEST_CASE("P3 what is due and was not taken is asked for again at once") {
    Pacer pacer(at_rate(1e6), 0, kStart);
    CHECK(pacer.due(kStart + kMs) == 1001);
    pacer.commit(512);
    CHECK(pacer.next_wake_ns(kStart + kMs) == kStart + kMs);
    CHECK(serve(pacer, kStart + kMs) == 489);
    CHECK(pacer.next_wake_ns(kStart + kMs) == kStart + kMs + kMs / 2);
  }

  TEST_CASE("P3 with a lead packets are handed over that long before they leave") {
    Pacer pacer(at_rate(1000), 10 * kMs, kStart);
    CHECK(pacer.due(kStart) == 11);
    for (std::uint64_t k = 0; k < 11; ++k) CHECK(pacer.departure_ns(k) == kStart + k * kMs);
    pacer.commit(11);
    CHECK(pacer.due(kStart) == 0);
    // A quarter of the lead later the next two are within it.
    CHECK(pacer.next_wake_ns(kStart) == kStart + 10 * kMs / 4);
    CHECK(pacer.due(kStart + 10 * kMs / 4) == 2);
    CHECK(pacer.departure_ns(0) == kStart + 11 * kMs);
  }

  TEST_CASE("P3 a sender without room is asked again a quantum later") {
    Pacer pacer(at_rate(1e6), 4 * kMs, kStart);
    CHECK(pacer.due(kStart) == 4001);
    pacer.commit(256);
    CHECK(pacer.next_wake_ns(kStart) == kStart + kMs);
  }

  TEST_CASE("P3 lateness beyond the catch-up is forgone, the lead is no lateness") {
    for (const std::uint64_t lead : {std::uint64_t{0}, 5 * kMs}) {
      PacingOptions options = at_rate(1000);
      options.catch_up_ns = 20 * kMs;
      Pacer pacer(options, lead, kStart);
      CHECK(serve(pacer, kStart) == 1 + lead / kMs);
      CHECK(pacer.forgone() == 0);
      // The oldest deadline not handed over is 1 ms + lead after the start; 20 ms of it may be made
      // good.
      const std::uint64_t now = kStart + 120 * kMs;
      CHECK(pacer.due(now) == 21 + lead / kMs);
      CHECK(pacer.forgone() == 120 - 21 - lead / kMs);
      CHECK(pacer.departure_ns(0) == now - 20 * kMs);
    }
  }

  TEST_CASE("P3 a catch-up of nothing still sends what is due now") {
    PacingOptions options = at_rate(10);
    options.catch_up_ns = 0;
    Pacer pacer(options, 0, kStart);
    CHECK(serve(pacer, kStart) == 1);
    CHECK(serve(pacer, kStart + 1050 * kMs) == 1);
    CHECK(pacer.forgone() == 9);
  }

  TEST_CASE("P3 a new rate holds from now on, and no credit comes with it") {
    Pacer pacer(at_rate(1000), 0, kStart);
    CHECK(serve(pacer, kStart) == 1);
    pacer.set_rate(100'000, kStart + kMs / 2);
    CHECK(pacer.rate() == 100'000);
    // Half a period had been waited for.
    CHECK(pacer.due(kStart + kMs / 2) == 0);
    CHECK(pacer.due(kStart + kMs / 2 + 5'000) == 1);
    CHECK(pacer.due(kStart + kMs / 2 + 105'000) == 11);
  }

  TEST_CASE("P3 with a lead a new rate holds for what was not handed over") {
    for (const double rate : {10.0, 1000.0, 100'000.0}) {
      Pacer pacer(at_rate(1000), 10 * kMs, kStart);
      serve(pacer, kStart);
      const std::uint64_t now = kStart + 2 * kMs + 300'000;
      pacer.set_rate(rate, now);
      // The first one not handed over keeps its time: 11 ms after the start.
      CHECK(pacer.departure_ns(0) == kStart + 11 * kMs);
      const auto period = static_cast<std::uint64_t>(1e9 / rate);
      CHECK(pacer.departure_ns(3) == kStart + 11 * kMs + 3 * period);
    }
  }

  TEST_CASE("P3 departures never decrease, whatever the rate becomes") {
    Pacer pacer(at_rate(1e6), 2 * kMs, kStart);
    std::uint64_t last = 0;
    std::uint64_t now = kStart;
    const double rates[] = {1e6, 10, 3e5, 1, 2e6, 777};
    for (int turn = 0; turn < 600; ++turn) {
      pacer.set_rate(rates[turn % 6], now);
      const std::uint64_t count = pacer.due(now);
      for (std::uint64_t k = 0; k < count; ++k) {
        REQUIRE(pacer.departure_ns(k) >= last);
        REQUIRE(pacer.departure_ns(k) <= now + 2 * kMs);
        last = pacer.departure_ns(k);
      }
      pacer.commit(count);
      now += turn % 7 == 0 ? 30 * kMs : kMs / 3;
    }
  }

  TEST_CASE("P3 idle time and pauses earn no credit and are no stall") {
    Pacer pacer(at_rate(1000), 0, kStart);
    CHECK(serve(pacer, kStart) == 1);
    pacer.left(1, kStart);
    pacer.resume(5 * kNsPerSecond, kStart + 5 * kNsPerSecond);
    CHECK(serve(pacer, kStart + 5 * kNsPerSecond) == 1);
    pacer.left(1, kStart + 5 * kNsPerSecond);
    CHECK(pacer.forgone() == 0);
    CHECK(pacer.meter().gaps().max() == 0);
    CHECK(pacer.meter().paced_ns() == 0);
  }

  TEST_CASE("waiting ends at the deadline or with a wake, never before either") {
    for (const Precision precision : {Precision::balanced, Precision::spin}) {
      const Pacer pacer(at_rate(1000, precision), 0, kStart);
      platform::Waiter waiter;
      const std::uint64_t deadline = platform::monotonic_ns() + kMs;
      pacer.wait(waiter, deadline);
      CHECK(platform::monotonic_ns() >= deadline);
      waiter.wake();
      const std::uint64_t far = platform::monotonic_ns() + 100 * kNsPerSecond;
      pacer.wait(waiter, far);
      CHECK(platform::monotonic_ns() < far);
    }
  }
}

TEST_SUITE("departure meter") {
  TEST_CASE("P3 n packets have n - 1 periods; batches have the gaps between them") {
    DepartureMeter meter;
    for (std::uint64_t batch = 0; batch < 10; ++batch) meter.left(5, kStart + batch * kMs);
    CHECK(meter.first_ns() == kStart);
    CHECK(meter.last_ns() == kStart + 9 * kMs);
    CHECK(meter.paced_packets() == 50);
    CHECK(meter.paced_ns() == 9 * kMs);
    CHECK(meter.gaps().count() == 9);
    CHECK(meter.gaps().max() == kMs);
  }

  TEST_CASE("P3 what leaves when little is to be sent says nothing about the pacing") {
    DepartureMeter meter;
    meter.left(1, kStart);
    meter.set_pace(Pace::supply);
    meter.left(1, kStart + 500 * kMs);
    meter.set_pace(Pace::pacer);
    meter.left(1, kStart + 501 * kMs);
    CHECK(meter.gaps().count() == 1);
    CHECK(meter.gaps().max() == kMs);
    CHECK(meter.paced_packets() == 2);
    CHECK(meter.paced_ns() == kMs);
  }

  TEST_CASE("P5 what a cap or a silence held back counts as active, not as paced") {
    DepartureMeter meter;
    meter.left(1, kStart);
    meter.set_pace(Pace::held_back);
    meter.left(1, kStart + 500 * kMs);
    meter.set_pace(Pace::pacer);
    meter.left(1, kStart + 501 * kMs);
    CHECK(meter.active_packets() == 3);
    CHECK(meter.active_ns() == 501 * kMs);
    CHECK(meter.paced_packets() == 2);
    CHECK(meter.paced_ns() == kMs);
    CHECK(meter.gaps().max() == kMs);
  }

  TEST_CASE("P3 a sender with a lead brings its own gaps; those over a pause do not count") {
    DepartureMeter meter;
    meter.gaps_of_sender().record(99 * kMs);  // before the first packet
    meter.left({.left = 10, .refused = 0, .first_ns = kStart, .last_ns = kStart + 9 * kMs});
    meter.gaps_of_sender().record(kMs);
    meter.left(
        {.left = 5, .refused = 2, .first_ns = kStart + 10 * kMs, .last_ns = kStart + 14 * kMs});
    CHECK(meter.paced_packets() == 13);
    CHECK(meter.paced_ns() == 14 * kMs);
    meter.sat_out(80 * kMs);
    meter.gaps_of_sender().record(81 * kMs);
    meter.left(
        {.left = 1, .refused = 0, .first_ns = kStart + 95 * kMs, .last_ns = kStart + 95 * kMs});
    CHECK(meter.paced_ns() == 15 * kMs);
    CHECK(meter.gaps().count() == 1);
    CHECK(meter.gaps().max() == kMs);
  }

  TEST_CASE("what the device refused did not leave") {
    DepartureMeter meter;
    meter.left({.left = 4, .refused = 4, .first_ns = kStart, .last_ns = kStart});
    CHECK(meter.first_ns() == 0);
    CHECK(meter.paced_packets() == 0);
  }
}

}  // namespace pacegate
