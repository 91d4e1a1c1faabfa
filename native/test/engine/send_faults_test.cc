#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "engine/fake_network.h"
#include "engine/scan/scan_engine.h"

namespace pacegate {
namespace {

using platform::SendOutcome;
using platform::SendReport;
using test::FakeWire;
using test::Frame;

using Pair = std::pair<IpAddress, std::uint16_t>;

constexpr std::uint16_t kPorts = 40;
constexpr std::uint32_t kHosts = 30;
constexpr std::size_t kPairs = std::size_t{kPorts} * kHosts;

ScanOptions options_for(std::uint64_t seed, std::uint32_t retries) {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + kHosts - 1)}};
  for (std::uint16_t port = 1; port <= kPorts; ++port) options.ports.push_back(port);
  options.rate = 1e6;
  options.retries = retries;
  options.timeout_ns = 150'000'000;  // an instrumented build on a busy machine is slow
  options.seed = seed;
  options.cookie_key = {1, 2};
  options.source_port = 61000;
  return options;
}

std::map<Pair, ScanRecord> scan(const ScanOptions& options, const std::shared_ptr<FakeWire>& wire,
                                test::FakeSender::Policy policy, ScanSlots& slots) {
  ScanEngine engine(options, test::fake_network(wire, options.ranges, std::move(policy)), slots);
  engine.start();
  std::map<Pair, ScanRecord> found;
  for (bool over = false; !over; std::this_thread::yield()) {
    over = slots.get(kSlotPhase) >= static_cast<double>(ScanPhase::done);
    std::array<ScanRecord, 64> records;
    while (const std::size_t count = engine.drain(records)) {
      for (std::size_t i = 0; i < count; ++i) {
        const IpAddress address = IpAddress::from_bytes({records[i].address.data(), 4});
        CHECK(found.emplace(Pair(address, records[i].port), records[i]).second);
      }
    }
  }
  return found;
}

std::optional<Frame> closed(const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
  return test::reset(ip, tcp);
}

std::optional<Frame> silent(const packet::IpPacket&, const packet::TcpSegment&) {
  return std::nullopt;
}

/// The device takes some of most batches, and says of the rest what a full one (EAGAIN, ENOBUFS) says, or what one
/// says that is down or will not have the frame (ENETDOWN, EPERM).
class MoodyDevice {
 public:
  MoodyDevice(std::uint64_t seed, std::uint32_t failures_per_mille)
      : random_(seed), failures_(failures_per_mille) {}

  SendReport operator()(std::size_t count) {
    const std::uint64_t mood = random_() % 1000;
    if (mood < failures_) return {some(count - 1), SendOutcome::failed, mood % 2 == 0 ? 100 : 1};
    if (mood < 600) return {some(count - 1), SendOutcome::busy, mood % 2 == 0 ? 11 : 105};
    if (mood < 700) return {0, SendOutcome::busy, 105};
    return {count, SendOutcome::ok, 0};
  }

 private:
  std::size_t some(std::size_t most) { return most == 0 ? 0 : random_() % (most + 1); }

  std::mt19937_64 random_;
  std::uint32_t failures_;
};

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("P3 a device that takes part of a batch, none, or all: every pair is sent once") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const auto wire = std::make_shared<FakeWire>();
      wire->respond = closed;
      ScanSlots slots;
      const auto found = scan(options_for(seed, 0), wire, MoodyDevice(seed, 0), slots);
      CHECK(found.size() == kPairs);
      const auto probes = wire->probes();
      CHECK(probes.size() == kPairs);
      for (const auto& [pair, count] : probes) CHECK(count == 1);
      CHECK(slots.get(kSlotSent) == kPairs);
      CHECK(slots.get(kSlotSendFailed) == 0);
      CHECK(slots.get(kSlotClosed) == kPairs);
    }
  }

  TEST_CASE("P3 of silent pairs every try is sent, whatever the device takes at a time") {
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = silent;
    ScanSlots slots;
    const auto found = scan(options_for(3, 2), wire, MoodyDevice(3, 0), slots);
    CHECK(found.size() == kPairs);
    for (const auto& [pair, count] : wire->probes()) CHECK(count == 3);
    CHECK(slots.get(kSlotSent) == 3 * kPairs);
  }

  TEST_CASE("P3 what the device refuses for good is unknown, and was not sent; the rest is found") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const auto wire = std::make_shared<FakeWire>();
      wire->respond = closed;
      ScanSlots slots;
      const auto found = scan(options_for(seed, 0), wire, MoodyDevice(seed, 100), slots);
      const auto probes = wire->probes();
      CHECK(found.size() == kPairs);
      for (const auto& [pair, record] : found) {
        const bool sent = probes.find(pair) != probes.end();
        CHECK(record.state == (sent ? PortState::closed : PortState::unknown));
      }
      for (const auto& [pair, count] : probes) CHECK(count == 1);
      CHECK(slots.get(kSlotSent) == static_cast<double>(probes.size()));
      CHECK(slots.get(kSlotSendFailed) == static_cast<double>(kPairs - probes.size()));
      CHECK(slots.get(kSlotSendFailed) > 0);
    }
  }
}

}  // namespace pacegate
