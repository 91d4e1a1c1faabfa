#include "engine/scan/scan_engine.h"

#include <doctest/doctest.h>

#include <map>
#include <thread>

#include "engine/fake_network.h"

namespace pacegate {
namespace {

using test::FakeWire;
using test::Frame;

constexpr std::uint64_t kMs = 1'000'000;

ScanOptions options_for(std::uint32_t hosts, std::uint16_t ports) {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + hosts - 1)}};
  for (std::uint16_t port = 1; port <= ports; ++port) options.ports.push_back(port);
  options.rate = 1e6;
  options.retries = 1;
  options.timeout_ns = 150 * kMs;  // an instrumented build on a busy machine is slow
  options.seed = 7;
  options.cookie_key = {1, 2};
  options.source_port = 61000;
  return options;
}

struct Outcome {
  std::map<std::pair<IpAddress, std::uint16_t>, PortState> found;
  bool duplicated = false;
  ScanPhase phase = ScanPhase::created;
};

bool ended(const ScanSlots& slots) {
  return slots.get(kSlotPhase) >= static_cast<double>(ScanPhase::done);
}

void collect(ScanEngine& engine, Outcome& outcome) {
  ScanRecord records[64];
  while (const std::size_t count = engine.drain(records)) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto& record = records[i];
      const auto address = IpAddress::from_bytes({record.address.data(), 4});
      const bool fresh =
          outcome.found.emplace(std::pair(address, record.port), record.state).second;
      outcome.duplicated = outcome.duplicated || !fresh;
    }
  }
}

Outcome run_to_end(ScanEngine& engine, const ScanSlots& slots) {
  Outcome outcome;
  while (!ended(slots)) {
    collect(engine, outcome);
    std::this_thread::yield();
  }
  collect(engine, outcome);
  outcome.phase = static_cast<ScanPhase>(slots.get(kSlotPhase));
  return outcome;
}

/// Port 1 open, port 2 closed, port 3 silent, and so on.
std::optional<Frame> by_port(const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
  switch (tcp.destination_port % 3) {
    case 1:
      return test::syn_ack(ip, tcp);
    case 2:
      return test::reset(ip, tcp);
    default:
      return std::nullopt;
  }
}

PortState truth(std::uint16_t port) {
  if (port % 3 == 1) return PortState::open;
  return port % 3 == 2 ? PortState::closed : PortState::filtered;
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE(
      "P11 a scan finds exactly what is there and probes the silent exactly 1 + retries times") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    const ScanOptions options = options_for(50, 30);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);

    CHECK(outcome.phase == ScanPhase::done);
    CHECK(!outcome.duplicated);
    CHECK(outcome.found.size() == 50 * 30);
    for (const auto& [target, state] : outcome.found) CHECK(state == truth(target.second));
    const auto probes = wire->probes();
    CHECK(probes.size() == 50 * 30);
    for (const auto& [target, count] : probes) {
      if (truth(target.second) == PortState::filtered) CHECK(count == 2);
    }
    CHECK(slots.get(kSlotOpen) == 500);
    CHECK(slots.get(kSlotClosed) == 500);
    CHECK(slots.get(kSlotNoResponse) == 500);
    CHECK(slots.get(kSlotSettled) == 1500);
    CHECK(slots.get(kSlotInvalid) == 0);
    CHECK(slots.get(kSlotPacedPackets) >= 1500);
    CHECK(slots.get(kSlotPacedNs) > 0);
  }

  TEST_CASE("P3 partial sends and full buffers lose and repeat nothing") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    ScanOptions options = options_for(20, 30);
    options.retries = 0;
    int call = 0;
    const auto policy = [call](std::size_t count) mutable -> platform::SendReport {
      ++call;
      if (call % 3 == 0) return {0, platform::SendOutcome::busy, 105};
      if (call % 3 == 1) return {(count + 1) / 2, platform::SendOutcome::busy, 11};
      return {count, platform::SendOutcome::ok, 0};
    };
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges, policy), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.found.size() == 600);
    for (const auto& [target, count] : wire->probes()) CHECK(count == 1);
    CHECK(slots.get(kSlotSent) == 600);
    CHECK(slots.get(kSlotSendBusy) > 0);
  }

  TEST_CASE("P3 frames the kernel refuses for good become results with the reason send-failed") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    ScanOptions options = options_for(1, 12);
    options.retries = 0;
    int call = 0;
    const auto policy = [call](std::size_t) mutable -> platform::SendReport {
      if (++call % 2 == 0) return {0, platform::SendOutcome::failed, 1};
      return {1, platform::SendOutcome::busy, 11};
    };
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges, policy), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.found.size() == 12);
    CHECK(slots.get(kSlotSendFailed) == 6);
    CHECK(slots.get(kSlotUnknown) == 6);
    CHECK(slots.get(kSlotFaultErrno) == 1);
  }

  TEST_CASE("answers with a wrong cookie, to strangers and twice are counted and change nothing") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      wire->deliver(test::tcp_reply(ip, tcp, packet::kTcpSyn | packet::kTcpAck, 12345));
      wire->deliver(test::reset(ip, tcp));
      return std::optional(test::syn_ack(ip, tcp));
    };
    const ScanOptions options = options_for(2, 2);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.found.size() == 4);
    for (const auto& [target, state] : outcome.found) CHECK(state == PortState::closed);
    CHECK(slots.get(kSlotInvalid) == 4);
    CHECK(slots.get(kSlotDuplicates) + slots.get(kSlotLate) == 4);
  }

  TEST_CASE("only the states asked for become records; all are counted") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    ScanOptions options = options_for(10, 3);
    options.report_mask = 1U << static_cast<unsigned>(PortState::open);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.found.size() == 10);
    CHECK(slots.get(kSlotClosed) == 10);
    CHECK(slots.get(kSlotFiltered) == 10);
  }

  TEST_CASE("a paused scan sends nothing; a stopped one ends early and says where") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    ScanOptions options = options_for(200, 100);
    options.rate = 2000;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.pause();
    engine.start();
    engine.set_rate(3000);
    CHECK(wire->probes().empty());
    engine.resume();
    while (wire->probes().size() < 20) std::this_thread::yield();
    engine.stop();
    engine.stop();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.phase == ScanPhase::stopped);
    CHECK(outcome.found.size() < 20'000);
    CHECK(slots.get(kSlotResumePosition) <= slots.get(kSlotStarted));
    CHECK(slots.get(kSlotTargetRate) == 3000);
  }

  TEST_CASE("a resumed scan covers the rest and no more") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    ScanOptions options = options_for(10, 10);
    options.start_position = 60;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    CHECK(run_to_end(engine, slots).found.size() == 40);
  }

  TEST_CASE("P11 shards probe every pair exactly once between them") {
    std::map<std::pair<IpAddress, std::uint16_t>, int> probes;
    const std::uint64_t edges[] = {0, 333, 334, 334, 1000};
    for (int shard = 0; shard < 4; ++shard) {
      const auto wire = std::make_shared<FakeWire>();
      wire->respond = by_port;
      ScanOptions options = options_for(50, 20);
      options.retries = 0;
      options.start_position = edges[shard];
      options.end_position = edges[shard + 1];
      ScanSlots slots;
      ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
      engine.start();
      const Outcome outcome = run_to_end(engine, slots);
      CHECK(outcome.phase == ScanPhase::done);
      CHECK(outcome.found.size() == edges[shard + 1] - edges[shard]);
      CHECK(slots.get(kSlotResumePosition) == static_cast<double>(edges[shard + 1]));
      for (const auto& [target, count] : wire->probes()) probes[target] += count;
    }
    CHECK(probes.size() == 1000);
    for (const auto& [target, count] : probes) CHECK(count == 1);
  }

  TEST_CASE("a scan whose rate is raised later has room for what is then in flight") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [](const packet::IpPacket&, const packet::TcpSegment&) {
      return std::optional<Frame>();
    };
    ScanOptions options = options_for(100, 700);
    options.rate = 1;
    options.retries = 0;
    options.timeout_ns = 1'000'000 * kMs;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    engine.set_rate(1e8);
    while (slots.get(kSlotSent) < 70'000 && !ended(slots)) std::this_thread::yield();
    CHECK(slots.get(kSlotSettled) == 0);
  }

  TEST_CASE("an engine may be destroyed at any moment, also with nobody draining") {
    for (int delay = 0; delay < 20; ++delay) {
      const auto wire = std::make_shared<FakeWire>();
      wire->respond = by_port;
      const ScanOptions options = options_for(300, 300);
      ScanSlots slots;
      ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
      if (delay > 0) engine.start();
      const std::uint64_t until = platform::monotonic_ns() + delay * kMs;
      while (platform::monotonic_ns() < until) std::this_thread::yield();
    }
  }

  TEST_CASE("a target no route leads to is reported, not probed") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = by_port;
    const ScanOptions options = options_for(4, 3);
    Network network = test::fake_network(wire, options.ranges);
    network.ranges = {{options.ranges[0].first, 2, 0},
                      {options.ranges[0].first.plus(2), 2, kNoRoute}};
    ScanSlots slots;
    ScanEngine engine(options, std::move(network), slots);
    engine.start();
    CHECK(run_to_end(engine, slots).found.size() == 12);
    CHECK(slots.get(kSlotUnknown) == 6);
    CHECK(wire->probes().size() == 6);
  }
}

}  // namespace pacegate
