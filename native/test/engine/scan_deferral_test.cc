// Back-off in the engine's threads: the network is in memory, silences are 20 ms and not measured.
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

#include "engine/fake_network.h"
#include "engine/icmp_frames.h"
#include "engine/scan/scan_engine.h"

namespace pacegate {
namespace {

using test::FakeWire;
using test::Frame;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint32_t kHosts = 4;
constexpr std::uint16_t kPorts = 60;

ScanOptions options_for() {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + kHosts - 1)}};
  for (std::uint16_t port = 1; port <= kPorts; ++port) options.ports.push_back(port);
  options.rate = 1e5;
  options.retries = 1;
  options.timeout_ns = 300 * kMs;  // an instrumented build on a busy machine is slow
  options.cookie_key = {1, 2};
  options.source_port = 61000;
  options.adaptive_rate = true;
  options.backoff_base_ns = 20 * kMs;
  return options;
}

Frame prohibited(const packet::IpPacket& ip, const packet::TcpSegment& tcp,
                 std::uint32_t sequence) {
  return test::icmp_error_about({.source = ip.source,
                                 .target = ip.destination,
                                 .source_port = tcp.source_port,
                                 .target_port = tcp.destination_port,
                                 .sequence = sequence},
                                IpAddress::v4(0x0a0000fe), 3, 13, 28);
}

struct Outcome {
  std::map<std::pair<IpAddress, std::uint16_t>, ScanRecord> found;
  std::vector<ScanRecord> notices;
  bool duplicated = false;
};

void collect(ScanEngine& engine, Outcome& outcome) {
  ScanRecord records[64];
  while (const std::size_t count = engine.drain(records)) {
    for (std::size_t i = 0; i < count; ++i) {
      const ScanRecord& record = records[i];
      if (record.kind != RecordKind::finding) {
        outcome.notices.push_back(record);
        continue;
      }
      const auto address = IpAddress::from_bytes({record.address.data(), 4});
      const bool fresh = outcome.found.emplace(std::pair(address, record.port), record).second;
      outcome.duplicated = outcome.duplicated || !fresh;
    }
  }
}

Outcome run_to_end(ScanEngine& engine, const ScanSlots& slots) {
  Outcome outcome;
  while (slots.get(kSlotPhase) < static_cast<double>(ScanPhase::done)) {
    collect(engine, outcome);
    std::this_thread::yield();
  }
  collect(engine, outcome);
  return outcome;
}

ScanPhase phase_of(const ScanSlots& slots) {
  return static_cast<ScanPhase>(slots.get(kSlotPhase));
}

}  // namespace

TEST_SUITE("deferral") {
  TEST_CASE("P5 when the prohibition ends, every pair gets its true state") {
    const auto wire = std::make_shared<FakeWire>();
    std::atomic<int> complaints{0};
    const IpAddress strict = IpAddress::v4(0x0a000101);
    wire->respond = [&](const packet::IpPacket& ip,
                        const packet::TcpSegment& tcp) -> std::optional<Frame> {
      const bool refused = ip.destination == strict && complaints < 12;
      if (refused) {
        ++complaints;
        return prohibited(ip, tcp, tcp.sequence);
      }
      if (tcp.destination_port % 3 == 0) return std::nullopt;
      return tcp.destination_port % 3 == 1 ? test::syn_ack(ip, tcp) : test::reset(ip, tcp);
    };
    const ScanOptions options = options_for();
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(phase_of(slots) == ScanPhase::done);
    CHECK(!outcome.duplicated);
    REQUIRE(outcome.found.size() == kHosts * kPorts);
    int refused = 0;
    for (const auto& [pair, record] : outcome.found) {
      if (record.reason == Reason::admin_prohibited) {
        CHECK(pair.first == strict);
        ++refused;
        continue;
      }
      const PortState states[] = {PortState::filtered, PortState::open, PortState::closed};
      CHECK(record.state == states[pair.second % 3]);
      if (record.state != PortState::filtered) CHECK(record.rtt_us >= 0);
    }
    CHECK(refused == 12);
    for (const auto& [pair, count] : wire->probes()) CHECK(count <= 2);
    CHECK(slots.get(kSlotIcmpUnreachable) == 12);
    CHECK(slots.get(kSlotSettled) == kHosts * kPorts);
    CHECK(slots.get(kSlotParked) == 0);
    CHECK(slots.get(kSlotResumePosition) == kHosts * kPorts);
    REQUIRE(!outcome.notices.empty());
    CHECK(outcome.notices[0].kind == RecordKind::backoff);
    CHECK(outcome.notices[0].level == 1);
    CHECK(outcome.notices[0].port == 32);
    CHECK(outcome.notices[0].silence_ms == 20);
  }

  TEST_CASE("P5 who never comes back is given up, and that all were backed off is told") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      return std::optional(prohibited(ip, tcp, tcp.sequence));
    };
    ScanOptions options = options_for();
    options.backoff_limit_ns = 200 * kMs;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(phase_of(slots) == ScanPhase::done);
    CHECK(outcome.found.size() == kHosts * kPorts);
    std::size_t given_up = 0;
    for (const auto& [pair, record] : outcome.found) {
      if (record.reason != Reason::rate_limit_timeout) continue;
      CHECK(record.state == PortState::unknown);
      ++given_up;
    }
    CHECK(given_up > 0);
    CHECK(slots.get(kSlotGivenUp) == static_cast<double>(given_up));
    CHECK(slots.get(kSlotAllBackedOff) == 1);
    // Nobody was asked for what was given up, and nobody else more than once.
    CHECK(wire->probes().size() == outcome.found.size() - given_up);
    bool is_network = false;
    bool all = false;
    for (const ScanRecord& notice : outcome.notices) {
      is_network = is_network || (notice.kind == RecordKind::backoff && notice.port == 24);
      all = all || notice.kind == RecordKind::all_backed_off;
    }
    CHECK(is_network);
    CHECK(all);
  }

  TEST_CASE("P5 complaints with a wrong cookie change nothing") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      wire->deliver(prohibited(ip, tcp, tcp.sequence + 1));
      return std::optional(test::syn_ack(ip, tcp));
    };
    const ScanOptions options = options_for();
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.notices.empty());
    CHECK(slots.get(kSlotOpen) == kHosts * kPorts);
    CHECK(slots.get(kSlotInvalid) == kHosts * kPorts);
  }

  TEST_CASE("P5 without adaptive rate a complaint is a result and nothing else") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      return std::optional(prohibited(ip, tcp, tcp.sequence));
    };
    ScanOptions options = options_for();
    options.adaptive_rate = false;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.notices.empty());
    CHECK(wire->probes().size() == kHosts * kPorts);
  }

  TEST_CASE(
      "P5 a scan stopped while targets are silent says where to go on, and that run finds the "
      "rest") {
    const auto wire = std::make_shared<FakeWire>();
    std::atomic<bool> is_open{false};
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      return std::optional(is_open ? test::syn_ack(ip, tcp) : prohibited(ip, tcp, tcp.sequence));
    };
    ScanOptions options = options_for();
    options.backoff_base_ns = 1000 * kMs;
    Outcome first;
    double resume_at = 0;
    {
      ScanSlots slots;
      ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
      engine.start();
      while (slots.get(kSlotAllBackedOff) == 0) std::this_thread::yield();
      engine.stop();
      first = run_to_end(engine, slots);
      CHECK(phase_of(slots) == ScanPhase::stopped);
      CHECK(slots.get(kSlotParked) > 0);
      resume_at = slots.get(kSlotResumePosition);
    }
    CHECK(first.found.size() < kHosts * kPorts);
    is_open = true;
    options.start_position = static_cast<std::uint64_t>(resume_at);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome second = run_to_end(engine, slots);
    CHECK(phase_of(slots) == ScanPhase::done);
    auto both = first.found;
    both.insert(second.found.begin(), second.found.end());
    CHECK(both.size() == kHosts * kPorts);
  }

  TEST_CASE("P5 under caps every pair is probed and found") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      return std::optional(test::syn_ack(ip, tcp));
    };
    ScanOptions options = options_for();
    options.adaptive_rate = false;
    options.caps.target_rate = 300;
    options.caps.prefix_rate = 1000;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(outcome.found.size() == kHosts * kPorts);
    CHECK(slots.get(kSlotOpen) == kHosts * kPorts);
    for (const auto& [pair, count] : wire->probes()) CHECK(count == 1);
  }
}

}  // namespace pacegate
