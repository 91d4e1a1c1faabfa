// Where a scan may be gone on from: never ahead of the findings that are to be had.
#include "engine/scan/resume_position.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/fake_network.h"
#include "engine/scan/scan_engine.h"
#include "platform/clock.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

/// Keeps all answers until so many are together.
class HeldAnswers {
 public:
  HeldAnswers(test::FakeWire& wire, std::size_t count) : wire_(wire), count_(count) {}

  void add(test::Frame frame) {
    const std::scoped_lock lock(mutex_);
    frames_.push_back(std::move(frame));
    if (frames_.size() < count_) return;
    for (test::Frame& held : frames_) wire_.deliver(std::move(held));
  }

 private:
  test::FakeWire& wire_;
  std::size_t count_;
  std::mutex mutex_;
  std::vector<test::Frame> frames_;
};

/// Records that are queued now.
std::size_t drain_all(ScanEngine& engine) {
  ScanRecord records[256];
  std::size_t all = 0;
  while (const std::size_t count = engine.drain(records)) all += count;
  return all;
}

/// The farthest position that is told within some publications (one in 20 ms).
double farthest_position(const ScanSlots& slots) {
  double farthest = 0;
  const std::uint64_t end_ns = platform::monotonic_ns() + 100 * kMs;
  while (platform::monotonic_ns() < end_ns) {
    farthest = std::max(farthest, slots.get(kSlotResumePosition));
    std::this_thread::yield();
  }
  return farthest;
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("P11 what is settled counts when all that arrived before has been dealt with") {
    ResumePosition position;
    position.look(10, 1000, 500);
    CHECK(position.certain() == 0);
    position.look(20, 2000, 1000);
    CHECK(position.certain() == 0);
    position.look(30, 3000, 1001);
    CHECK(position.certain() == 10);
    position.look(40, 4000, 3000);
    CHECK(position.certain() == 10);
    position.look(50, 5000, 3001);
    CHECK(position.certain() == 30);
    CHECK(position.seen() == 50);
  }

  TEST_CASE("P11 no position is told before the findings it stands for can be read") {
    constexpr std::uint64_t kRoom = 65'536;  // findings in a queue
    constexpr std::uint64_t kPairs = 1025 * 64;
    const auto wire = std::make_shared<test::FakeWire>();
    HeldAnswers answers(*wire, kPairs);
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      answers.add(test::syn_ack(ip, tcp));
      return std::optional<test::Frame>();
    };
    ScanOptions options;
    options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + 1024)}};
    for (std::uint16_t port = 1; port <= 64; ++port) options.ports.push_back(port);
    options.rate = 1e7;
    options.retries = 0;
    options.timeout_ns = 60'000 * kMs;
    options.cookie_key = {1, 2};
    options.source_port = 61000;
    ScanSlots slots;
    ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
    engine.start();
    // The capture thread has marked one pair as answered for which there is no room in the queue.
    while (slots.get(kSlotOpen) <= kRoom) std::this_thread::yield();
    CHECK(farthest_position(slots) <= kRoom);
    std::size_t records = 0;
    while (slots.get_acquired(kSlotPhase) < static_cast<double>(ScanPhase::done)) {
      records += drain_all(engine);
      std::this_thread::yield();
    }
    records += drain_all(engine);
    CHECK(records == kPairs);
    CHECK(slots.get(kSlotResumePosition) == static_cast<double>(kPairs));
  }
}

}  // namespace pacegate
