// A scan that is charged to a bucket others use too: no packet without a token, no token lost.
#include <doctest/doctest.h>

#include <thread>

#include "core/limit/token_bucket.h"
#include "engine/fake_network.h"
#include "engine/scan/scan_engine.h"
#include "platform/clock.h"

namespace pacegate {
namespace {

using test::FakeWire;

Ticks now() {
  return ticks_from_ns(platform::monotonic_ns());
}

/// Whose tokens are all there is: one comes in a thousand seconds.
struct Bucket {
  explicit Bucket(double tokens) : bucket(*make_quota(0.001, tokens), tokens, now()) {}
  TokenBucket bucket;
};

/// 128 pairs that answer.
ScanOptions options_for(TokenBucket& limiter) {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000107)}};
  for (std::uint16_t port = 1; port <= 16; ++port) options.ports.push_back(port);
  options.rate = 1e6;
  options.retries = 0;
  options.timeout_ns = 20 * kNsPerMs;
  options.cookie_key = {1, 2};
  options.source_port = 61000;
  options.limiter = &limiter;
  return options;
}

std::shared_ptr<FakeWire> answering_wire() {
  auto wire = std::make_shared<FakeWire>();
  wire->respond = [](const auto& ip, const auto& tcp) { return test::syn_ack(ip, tcp); };
  return wire;
}

template <typename Condition>
void drain_until(ScanEngine& engine, Condition is_met) {
  ScanRecord records[64];
  while (!is_met()) {
    while (engine.drain(records) > 0) {
    }
    std::this_thread::yield();
  }
}

bool ended(const ScanSlots& slots) {
  return slots.get(kSlotPhase) >= static_cast<double>(ScanPhase::done);
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("P11 a scan sends as many packets as its limiter has tokens, and goes on with more") {
    Bucket limiter(64);
    const auto wire = answering_wire();
    const ScanOptions options = options_for(limiter.bucket);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    drain_until(engine, [&] { return slots.get(kSlotLimiterWaits) > 2; });
    CHECK(slots.get(kSlotSent) == 64);
    CHECK(slots.get(kSlotForgone) == 0);
    limiter.bucket.reset(now());
    drain_until(engine, [&] { return ended(slots); });
    CHECK(slots.get(kSlotPhase) == static_cast<double>(ScanPhase::done));
    CHECK(slots.get(kSlotSent) == 128);
    CHECK(limiter.bucket.available(now()) < 1);
    for (const auto& [target, count] : wire->probes()) CHECK(count == 1);
  }

  TEST_CASE("P11 packets that the device refuses cost the limiter nothing, nor does a scan's end") {
    Bucket limiter(1000);
    int call = 0;
    const auto policy = [call](std::size_t count) mutable -> platform::SendReport {
      ++call;
      if (call % 3 == 0) return {0, platform::SendOutcome::failed, 1};
      if (call % 3 == 1) return {(count + 1) / 2, platform::SendOutcome::busy, 11};
      return {count, platform::SendOutcome::ok, 0};
    };
    const ScanOptions options = options_for(limiter.bucket);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(answering_wire(), options.ranges, policy), slots);
    engine.start();
    drain_until(engine, [&] { return ended(slots); });
    CHECK(slots.get(kSlotSendFailed) > 0);
    CHECK(slots.get(kSlotSent) + slots.get(kSlotSendFailed) == 128);
    CHECK(limiter.bucket.available(now()) == doctest::Approx(1000 - slots.get(kSlotSent)));
  }

  TEST_CASE("P11 a scan that waits for its limiter can be stopped") {
    Bucket limiter(10);
    const ScanOptions options = options_for(limiter.bucket);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(answering_wire(), options.ranges), slots);
    engine.start();
    drain_until(engine, [&] { return slots.get(kSlotLimiterWaits) > 0; });
    engine.stop();
    drain_until(engine, [&] { return ended(slots); });
    CHECK(slots.get(kSlotPhase) == static_cast<double>(ScanPhase::stopped));
    CHECK(slots.get(kSlotSent) == 10);
  }
}

}  // namespace pacegate
