// A scan over a sender with a lead: it hands frames over early and the sender transmits them.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "engine/holding_sender.h"
#include "engine/scan/scan_engine.h"

namespace pacegate {
namespace {

using test::FakeWire;
using test::Frame;
using test::HoldingSender;

constexpr std::uint64_t kMs = 1'000'000;

ScanOptions options_for(std::uint32_t hosts, std::uint16_t ports) {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + hosts - 1)}};
  for (std::uint16_t port = 1; port <= ports; ++port) options.ports.push_back(port);
  options.rate = 1e5;
  options.retries = 1;
  options.timeout_ns = 150 * kMs;  // an instrumented build on a busy machine is slow
  options.seed = 11;
  options.cookie_key = {3, 4};
  options.source_port = 61000;
  return options;
}

/// Even ports open, odd ones silent.
std::optional<Frame> by_port(const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
  return tcp.destination_port % 2 == 0 ? std::optional(test::syn_ack(ip, tcp)) : std::nullopt;
}

struct Outcome {
  std::map<std::pair<IpAddress, std::uint16_t>, PortState> found;
  bool repeated = false;
  ScanPhase phase = ScanPhase::created;
};

/// An engine over one HoldingSender.
struct Scan {
  explicit Scan(const ScanOptions& options, HoldingSender::Behaviour behaviour = {}) {
    wire->respond = by_port;
    Network network = test::fake_network(wire, options.ranges);
    auto made = std::make_unique<HoldingSender>(wire, std::move(behaviour));
    sender = made.get();
    network.links[0].sender = std::move(made);
    engine = std::make_unique<ScanEngine>(options, std::move(network), slots);
    engine->start();
  }

  Outcome run_to_end() {
    Outcome outcome;
    while (slots.get(kSlotPhase) < static_cast<double>(ScanPhase::done)) {
      collect(outcome);
      std::this_thread::yield();
    }
    collect(outcome);
    outcome.phase = static_cast<ScanPhase>(slots.get(kSlotPhase));
    return outcome;
  }

  void collect(Outcome& outcome) {
    ScanRecord records[64];
    while (const std::size_t count = engine->drain(records)) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto address = IpAddress::from_bytes({records[i].address.data(), 4});
        const auto target = std::pair(address, records[i].port);
        const bool fresh = outcome.found.emplace(target, records[i].state).second;
        outcome.repeated = outcome.repeated || !fresh;
      }
    }
  }

  std::shared_ptr<FakeWire> wire = std::make_shared<FakeWire>();
  HoldingSender* sender = nullptr;
  ScanSlots slots;
  std::unique_ptr<ScanEngine> engine;
};

}  // namespace

TEST_SUITE("engine lead") {
  TEST_CASE("P3 every pair is probed exactly as often as over any other sender") {
    Scan scan(options_for(40, 30));
    const Outcome outcome = scan.run_to_end();
    CHECK(outcome.phase == ScanPhase::done);
    CHECK(!outcome.repeated);
    CHECK(outcome.found.size() == 1200);
    for (const auto& [target, state] : outcome.found) {
      CHECK(state == (target.second % 2 == 0 ? PortState::open : PortState::filtered));
    }
    for (const auto& [target, count] : scan.wire->probes()) {
      CHECK(count == (target.second % 2 == 0 ? 1 : 2));
    }
    CHECK(scan.slots.get(kSlotSent) == 1800);
    CHECK(scan.slots.get(kSlotSendFailed) == 0);
    CHECK(scan.slots.get(kSlotInvalid) == 0);
    CHECK(scan.sender->in_order());
    CHECK(scan.sender->held() == 0);
  }

  TEST_CASE("P3 a sender that is always late turns no answer into silence") {
    ScanOptions options = options_for(20, 10);
    options.retries = 0;
    Scan scan(options, {.lead_ns = kMs, .late_ns = 300 * kMs});
    const Outcome outcome = scan.run_to_end();
    CHECK(outcome.found.size() == 200);
    for (const auto& [target, count] : scan.wire->probes()) CHECK(count == 1);
    CHECK(scan.slots.get(kSlotSent) == 200);
    CHECK(scan.slots.get(kSlotOpen) == 100);
    CHECK(scan.slots.get(kSlotLate) == 0);
  }

  TEST_CASE("P3 a flat-out rate is bounded by the sender's room, and nothing is lost") {
    ScanOptions options = options_for(100, 100);
    options.rate = 1e9;
    Scan scan(options);
    const Outcome outcome = scan.run_to_end();
    CHECK(outcome.found.size() == 10'000);
    CHECK(scan.slots.get(kSlotSent) == 15'000);
    CHECK(scan.sender->in_order());
  }

  TEST_CASE("P3 what the device refuses is counted and tried again") {
    ScanOptions options = options_for(30, 20);
    options.retries = 3;
    // Every fifth frame does not fit.
    Scan scan(options, {.refuses = [](std::uint64_t frame) { return frame % 5 == 2; }});
    const Outcome outcome = scan.run_to_end();
    CHECK(outcome.phase == ScanPhase::done);
    CHECK(!outcome.repeated);
    CHECK(outcome.found.size() == 600);
    const double sent = scan.slots.get(kSlotSent);
    const double refused = scan.slots.get(kSlotSendFailed);
    CHECK(refused >= 240);
    // 300 silent pairs take all four tries; each frame was either sent or refused.
    double probes = 0;
    for (const auto& [target, count] : scan.wire->probes()) probes += count;
    CHECK(sent == probes);
    CHECK(sent + refused >= 300 * 4 + 300);
  }

  TEST_CASE("P3 what is refused is counted also when the device says so later") {
    ScanOptions options = options_for(30, 20);
    options.retries = 3;
    // Whole batches at times: more is refused then than has left since.
    Scan scan(options, {.refuses = [](std::uint64_t frame) { return frame / 200 % 2 == 1; },
                        .tells_refusals_late = true});
    const Outcome outcome = scan.run_to_end();
    CHECK(outcome.phase == ScanPhase::done);
    double probes = 0;
    for (const auto& [target, count] : scan.wire->probes()) probes += count;
    CHECK(scan.slots.get(kSlotSent) == probes);
    CHECK(scan.slots.get(kSlotSendFailed) > 0);
  }

  TEST_CASE("P3 a stopped scan waits for what is held, and a resumed one covers the rest") {
    ScanOptions options = options_for(50, 100);
    options.rate = 20'000;
    options.retries = 0;
    Outcome first;
    std::map<std::pair<IpAddress, std::uint16_t>, int> first_probes;
    {
      Scan scan(options, {.lead_ns = 8 * kMs});
      while (scan.wire->probes().size() < 500) std::this_thread::yield();
      scan.engine->stop();
      first = scan.run_to_end();
      CHECK(first.phase == ScanPhase::stopped);
      CHECK(scan.sender->held() == 0);
      first_probes = scan.wire->probes();
      double probes = 0;
      for (const auto& [target, count] : first_probes) probes += count;
      CHECK(scan.slots.get(kSlotSent) == probes);
      CHECK(scan.slots.get(kSlotSent) == scan.slots.get(kSlotStarted));
      options.start_position = static_cast<std::uint64_t>(scan.slots.get(kSlotResumePosition));
    }
    CHECK(first_probes.size() < 5000);
    Scan rest(options);
    const Outcome second = rest.run_to_end();
    CHECK(second.phase == ScanPhase::done);
    CHECK(second.found.size() == 5000 - options.start_position);
    std::set<std::pair<IpAddress, std::uint16_t>> all;
    for (const auto& [target, count] : first_probes) all.insert(target);
    for (const auto& [target, count] : rest.wire->probes()) all.insert(target);
    CHECK(all.size() == 5000);
  }

  TEST_CASE("P3 a rate set while frames are held is obeyed, in order") {
    ScanOptions options = options_for(20, 50);
    options.rate = 20'000;
    options.retries = 0;
    Scan scan(options, {.lead_ns = 5 * kMs});
    for (const double rate : {50'000.0, 200.0, 1e6}) {
      scan.engine->set_rate(rate);
      while (scan.slots.get(kSlotTargetRate) != rate) std::this_thread::yield();
    }
    const Outcome outcome = scan.run_to_end();
    CHECK(outcome.found.size() == 1000);
    CHECK(scan.slots.get(kSlotSent) == 1000);
    CHECK(scan.sender->in_order());
  }

  TEST_CASE("an engine whose sender is stuck can be destroyed") {
    Scan scan(options_for(10, 10), {.stuck_after = 20});
    while (scan.wire->probes().empty()) std::this_thread::yield();
  }
}

}  // namespace pacegate
