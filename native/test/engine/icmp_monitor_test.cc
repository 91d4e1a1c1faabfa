#include "engine/monitor/icmp_monitor.h"

#include <doctest/doctest.h>

#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "core/scan/probe_cookie.h"
#include "core/time.h"
#include "engine/fake_network.h"
#include "engine/icmp_frames.h"

namespace pacegate {
namespace {

using test::FakeWire;
using test::Frame;
using test::icmp_error_about;
using test::QuotedProbe;

constexpr SipKey kKey{11, 22};
const IpAddress kRouter = IpAddress::v4(0x0a0000fe);
const IpAddress kRouterV6 = IpAddress::from_bytes(std::vector<std::uint8_t>(16, 0xfe));

QuotedProbe probe_v4() {
  QuotedProbe probe{IpAddress::v4(0x0a000001), IpAddress::v4(0x0a000002), 61'001, 443, 0};
  probe.sequence = probe_cookie(kKey, probe.source, probe.target, 61'001, 443);
  return probe;
}

QuotedProbe probe_v6() {
  return {IpAddress::from_bytes(std::vector<std::uint8_t>(16, 0x21)),
          IpAddress::from_bytes(std::vector<std::uint8_t>(16, 0x22)), 40'000, 80, 7};
}

/// A monitor on a wire in memory.
struct Listening {
  std::shared_ptr<FakeWire> wire = std::make_shared<FakeWire>();
  MonitorSlots slots;
  IcmpMonitor monitor{std::make_unique<test::FakeReceiver>(wire), slots};

  /// Waits until `count` packets have been looked at.
  void await(double count) const {
    while (slots.get(kMonitorReceived) + slots.get(kMonitorUnreadable) < count) {
      std::this_thread::yield();
    }
  }
  std::vector<IcmpEvent> take() {
    std::vector<IcmpEvent> all;
    IcmpEvent some[64];
    while (const std::size_t count = monitor.drain(some)) {
      all.insert(all.end(), some, some + count);
    }
    return all;
  }
};

}  // namespace

TEST_SUITE("icmp monitor") {
  TEST_CASE("P4 an event names the target that was probed, who refused, and how") {
    Listening listening;
    listening.wire->deliver(icmp_error_about(probe_v4(), kRouter, 3, 13, 28));
    listening.wire->deliver(icmp_error_about(probe_v6(), kRouterV6, 1, 1, 48));
    listening.await(2);
    const auto events = listening.take();
    REQUIRE(events.size() == 2);
    CHECK(events[0].target == probe_v4().target.key());
    CHECK(events[0].from == kRouter.key());
    CHECK(events[0].source == probe_v4().source.key());
    CHECK(events[0].family == 4);
    CHECK(events[0].type == 3);
    CHECK(events[0].code == 13);
    CHECK(events[0].protocol == packet::kProtocolTcp);
    CHECK(events[0].source_port == 61'001);
    CHECK(events[0].target_port == 443);
    CHECK(events[0].at_ns <= platform::monotonic_ns());
    CHECK(events[1].target == probe_v6().target.key());
    CHECK(events[1].from == kRouterV6.key());
    CHECK(events[1].family == 6);
    CHECK(events[1].type == 1);
    CHECK(events[1].code == 1);
  }

  TEST_CASE("P4 every code of unreachable and time exceeded is told, and nothing else") {
    Listening listening;
    for (unsigned code = 0; code < 256; ++code) {
      for (const std::uint8_t type : {std::uint8_t{3}, std::uint8_t{11}, std::uint8_t{5}}) {
        listening.wire->deliver(
            icmp_error_about(probe_v4(), kRouter, type, static_cast<std::uint8_t>(code), 28));
      }
    }
    listening.await(768);
    CHECK(listening.slots.get(kMonitorReceived) == 512);
    CHECK(listening.slots.get(kMonitorUnreadable) == 256);
    const auto events = listening.take();
    REQUIRE(events.size() == 512);
    for (unsigned i = 0; i < 512; ++i) {
      CHECK(events[i].code == i / 2);
      CHECK(events[i].type == (i % 2 == 0 ? 3 : 11));
    }
  }

  TEST_CASE("P4 a probe of this process is told from a forged one and from others'") {
    Listening listening;
    QuotedProbe forged = probe_v4();
    forged.sequence += 1;
    QuotedProbe other = probe_v4();
    other.source_port = 40'000;
    const ProbeRegistration scan({61'001, kKey});
    for (const QuotedProbe& probe : {probe_v4(), forged, other}) {
      listening.wire->deliver(icmp_error_about(probe, kRouter, 3, 13, 28));
    }
    listening.await(3);
    const auto events = listening.take();
    REQUIRE(events.size() == 3);
    CHECK(events[0].origin == QuoteOrigin::genuine);
    CHECK(events[1].origin == QuoteOrigin::forged);
    CHECK(events[2].origin == QuoteOrigin::foreign);
    CHECK(listening.slots.get(kMonitorVerified) == 1);
    CHECK(listening.slots.get(kMonitorForged) == 1);
  }

  TEST_CASE("P4 eight quoted bytes are enough, and every shorter error is counted as unreadable") {
    Listening listening;
    const Frame whole = icmp_error_about(probe_v4(), kRouter, 3, 13, 28);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      Frame cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      if (size > 0) listening.wire->deliver(std::move(cut));
    }
    listening.await(static_cast<double>(whole.size()));
    CHECK(listening.slots.get(kMonitorReceived) == 1);
    CHECK(listening.take().size() == 1);
  }

  TEST_CASE("what nobody takes is dropped and counted; what was kept is the oldest") {
    Listening listening;
    constexpr double kExcess = 100;
    constexpr double kAll = IcmpMonitor::kQueueCapacity + kExcess;
    for (double i = 0; i < kAll; ++i) {
      QuotedProbe probe = probe_v4();
      probe.target_port = static_cast<std::uint16_t>(i);
      listening.wire->deliver(icmp_error_about(probe, kRouter, 3, 1, 28));
    }
    listening.await(kAll);
    // The last packet is counted as received before it is counted as queued or dropped.
    while (listening.slots.get(kMonitorQueued) + listening.slots.get(kMonitorDropped) < kAll) {
      std::this_thread::yield();
    }
    CHECK(listening.slots.get(kMonitorDropped) == kExcess);
    const auto events = listening.take();
    REQUIRE(events.size() == IcmpMonitor::kQueueCapacity);
    CHECK(events.front().target_port == 0);
    CHECK(events.back().target_port == IcmpMonitor::kQueueCapacity - 1);
  }

  TEST_CASE("there is one in a process") {
    auto first = std::make_unique<MonitorClaim>();
    CHECK(first->is_held());
    CHECK_FALSE(MonitorClaim().is_held());
    CHECK_FALSE(MonitorClaim().is_held());
    first.reset();
    CHECK(MonitorClaim().is_held());
  }
}

}  // namespace pacegate
