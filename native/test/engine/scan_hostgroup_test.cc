// A hostgroup in the engine's threads: the network is in memory and watched from outside.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "engine/fake_network.h"
#include "engine/icmp_frames.h"
#include "engine/scan/scan_engine.h"

namespace pacegate {
namespace {

using test::FakeWire;
using test::Frame;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint32_t kHosts = 12;
constexpr std::uint16_t kPorts = 30;

ScanOptions options_for(std::uint32_t max_hosts) {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + kHosts - 1)}};
  for (std::uint16_t port = 1; port <= kPorts; ++port) options.ports.push_back(port);
  options.rate = 1e5;
  options.retries = 1;
  options.timeout_ns = 100 * kMs;
  options.cookie_key = {1, 2};
  options.source_port = 61000;
  options.hostgroup.max = max_hosts;
  return options;
}

/// A target counts from its first probe until all its ports have been answered.
class Census {
 public:
  void probed(const IpAddress& address) {
    const std::scoped_lock lock(mutex_);
    left_.try_emplace(address, kPorts);
    most_ = std::max(most_, left_.size() - done_);
  }
  void answered(const IpAddress& address) {
    const std::scoped_lock lock(mutex_);
    if (--left_[address] == 0) ++done_;
  }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  std::mutex mutex_;
  std::map<IpAddress, int> left_;
  std::size_t done_ = 0;
  std::size_t most_ = 0;
};

struct Outcome {
  std::map<std::pair<IpAddress, std::uint16_t>, ScanRecord> found;
  bool duplicated = false;
};

Outcome run_to_end(ScanEngine& engine, const ScanSlots& slots) {
  Outcome outcome;
  ScanRecord records[64];
  for (bool is_over = false; !is_over;) {
    is_over = slots.get(kSlotPhase) >= static_cast<double>(ScanPhase::done);
    while (const std::size_t count = engine.drain(records)) {
      for (std::size_t i = 0; i < count; ++i) {
        if (records[i].kind != RecordKind::finding) continue;
        const auto address = IpAddress::from_bytes({records[i].address.data(), 4});
        const bool is_new =
            outcome.found.emplace(std::pair(address, records[i].port), records[i]).second;
        outcome.duplicated = outcome.duplicated || !is_new;
      }
    }
    std::this_thread::yield();
  }
  return outcome;
}

}  // namespace

TEST_SUITE("hosts") {
  TEST_CASE(
      "P6 no more targets than the group holds are under way on the wire, and every pair is "
      "found") {
    const auto wire = std::make_shared<FakeWire>();
    Census census;
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      census.probed(ip.destination);
      census.answered(ip.destination);
      return std::optional(tcp.destination_port % 2 == 0 ? test::syn_ack(ip, tcp)
                                                         : test::reset(ip, tcp));
    };
    const ScanOptions options = options_for(3);
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(slots.get(kSlotPhase) == static_cast<double>(ScanPhase::done));
    CHECK(!outcome.duplicated);
    CHECK(outcome.found.size() == kHosts * kPorts);
    CHECK(census.most() == 3);
    for (const auto& [pair, record] : outcome.found) {
      CHECK(record.state == (pair.second % 2 == 0 ? PortState::open : PortState::closed));
      CHECK(record.rtt_us >= 0);
    }
    for (const auto& [pair, count] : wire->probes()) CHECK(count == 1);
    CHECK(slots.get(kSlotSettled) == kHosts * kPorts);
    CHECK(slots.get(kSlotStarted) == kHosts * kPorts);
    CHECK(slots.get(kSlotActiveHosts) == 0);
    CHECK(slots.get(kSlotSmoothedRttUs) > 0);
    const HostProgress progress = engine.host_progress();
    CHECK(progress.begun == kHosts);
    CHECK(progress.unended.empty());
  }

  TEST_CASE(
      "P6 silent ports of a group get exactly their retries, by a device that is often full") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [&](const packet::IpPacket& ip,
                        const packet::TcpSegment& tcp) -> std::optional<Frame> {
      if (tcp.destination_port % 3 == 0) return std::nullopt;
      return test::reset(ip, tcp);
    };
    ScanOptions options = options_for(4);
    options.adaptive_timeout = true;
    ScanSlots slots;
    std::size_t calls = 0;
    const auto takes_half = [&](std::size_t count) {
      platform::SendReport report{.accepted = (count + 1) / 2};
      if (report.accepted < count || ++calls % 3 == 0) {
        report.outcome = platform::SendOutcome::busy;
      }
      return report;
    };
    ScanEngine engine(options, test::fake_network(wire, options.ranges, takes_half), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(!outcome.duplicated);
    CHECK(outcome.found.size() == kHosts * kPorts);
    CHECK(slots.get(kSlotNoResponse) == kHosts * kPorts / 3.0);
    for (const auto& [pair, count] : wire->probes()) CHECK(count == (pair.second % 3 == 0 ? 2 : 1));
  }

  TEST_CASE(
      "P6 with back-off: a target that complains is asked again later, and holds up no other") {
    const auto wire = std::make_shared<FakeWire>();
    std::atomic<int> complaints{0};
    const IpAddress strict = IpAddress::v4(0x0a000101);
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      if (ip.destination != strict || complaints >= 5) return std::optional(test::syn_ack(ip, tcp));
      ++complaints;
      return std::optional(test::icmp_error_about({.source = ip.source,
                                                   .target = ip.destination,
                                                   .source_port = tcp.source_port,
                                                   .target_port = tcp.destination_port,
                                                   .sequence = tcp.sequence},
                                                  IpAddress::v4(0x0a0000fe), 3, 13, 28));
    };
    ScanOptions options = options_for(4);
    options.adaptive_rate = true;
    options.backoff_base_ns = 20 * kMs;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    const Outcome outcome = run_to_end(engine, slots);
    CHECK(!outcome.duplicated);
    CHECK(outcome.found.size() == kHosts * kPorts);
    CHECK(slots.get(kSlotFiltered) == 5);
    CHECK(slots.get(kSlotOpen) == kHosts * kPorts - 5);
  }

  TEST_CASE("P6 stopped in the middle, its progress leads the next run to the rest") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      return std::optional(test::syn_ack(ip, tcp));
    };
    ScanOptions options = options_for(5);
    options.rate = 2000;
    Outcome first;
    {
      ScanSlots slots;
      ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
      engine.start();
      while (slots.get(kSlotSent) < 100) std::this_thread::yield();
      engine.stop();
      first = run_to_end(engine, slots);
      CHECK(slots.get(kSlotPhase) == static_cast<double>(ScanPhase::stopped));
      options.hostgroup.resumed = engine.host_progress();
    }
    CHECK(!options.hostgroup.resumed.unended.empty());
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    auto both = run_to_end(engine, slots).found;
    CHECK(both.size() < kHosts * kPorts);
    both.insert(first.found.begin(), first.found.end());
    CHECK(both.size() == kHosts * kPorts);
  }
}

}  // namespace pacegate
