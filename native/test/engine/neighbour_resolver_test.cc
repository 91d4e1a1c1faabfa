#include "engine/scan/neighbour_resolver.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <utility>

#include "engine/fake_network.h"

namespace pacegate {
namespace {

/// An Ethernet device that counts what it is asked to send and calls back for each frame.
class FakeEthernet final : public test::FakeSender {
 public:
  explicit FakeEthernet(std::function<platform::SendReport()> on_frame)
      : FakeSender(std::make_shared<test::FakeWire>(),
                   [on_frame](std::size_t) { return on_frame(); }) {}
  [[nodiscard]] bool takes_ethernet() const noexcept override { return true; }
};

/// With room for a few frames, which is made only by asking what has left.
class NarrowEthernet final : public test::FakeSender {
 public:
  NarrowEthernet()
      : FakeSender(std::make_shared<test::FakeWire>(), [this](std::size_t) {
          ++held_;
          return platform::SendReport{.accepted = 1};
        }) {}
  [[nodiscard]] bool takes_ethernet() const noexcept override { return true; }
  [[nodiscard]] std::uint64_t lead_ns() const noexcept override { return kNsPerMs; }
  [[nodiscard]] std::size_t room() noexcept override { return 16 - held_; }
  [[nodiscard]] std::size_t held() noexcept override { return 0; }
  platform::Departures take_departures(LatencyHistogram& /*gaps*/) noexcept override {
    const std::uint64_t now = platform::monotonic_ns();
    return {.left = std::exchange(held_, 0), .refused = 0, .first_ns = now, .last_ns = now};
  }

 private:
  std::size_t held_ = 0;
};

const IpAddress kGateway = IpAddress::v4(0x0a090909);
const IpAddress kOurs = IpAddress::v4(0x0a000001);

packet::MacAddress mac(std::uint8_t last) {
  return {{2, 0, 0, 0, 0, last}};
}

ScanOptions options_for_resolving() {
  ScanOptions options;
  options.ports = {80};
  options.rate = 1e6;
  options.timeout_ns = 5 * kNsPerMs;
  return options;
}

void add_link(Network& network, std::function<platform::SendReport()> on_frame) {
  Link link;
  link.sender = std::make_unique<FakeEthernet>(std::move(on_frame));
  network.links.push_back(std::move(link));
}

struct Resolution {
  std::vector<NeighbourTable> tables;
  bool usable = false;
};

Resolution resolve(ScanContext& context, ScanControl& control,
                   const std::function<bool()>& interrupted) {
  control.rate.store(context.options.rate);
  Pacer pacer(context.options.pacing(), 0, platform::monotonic_ns());
  Resolution resolution;
  resolution.tables.resize(context.network.links.size());
  BucketCharge tokens(context.options.limiter);
  NeighbourResolver resolver(context, control, pacer, tokens, resolution.tables);
  resolution.usable = resolver.run(interrupted);
  return resolution;
}

const auto kNever = [] { return false; };

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("P3 more questions than a sender with a lead has room for") {
    Network network;
    Link link;
    link.sender = std::make_unique<NarrowEthernet>();
    network.links.push_back(std::move(link));
    network.paths.push_back({0, kOurs, std::nullopt});
    network.ranges.push_back({IpAddress::v4(0x0b000000U), 100, 0});
    ScanSlots slots;
    ScanContext context(options_for_resolving(), std::move(network), slots);
    ScanControl control;
    (void)resolve(context, control, kNever);
    CHECK(slots.get(kSlotSent) == 300);  // each was asked three times
  }

  TEST_CASE("questions take tokens of the limiter, too") {
    TokenBucket limiter(*make_quota(0.001, 7), 7, ticks_from_ns(platform::monotonic_ns()));
    Network network;
    int asked = 0;
    add_link(network, [&asked] {
      ++asked;
      return platform::SendReport{.accepted = 1};
    });
    network.paths.push_back({0, kOurs, std::nullopt});
    network.ranges.push_back({IpAddress::v4(0x0b000000U), 100, 0});
    ScanOptions options = options_for_resolving();
    options.limiter = &limiter;
    ScanSlots slots;
    ScanContext context(options, std::move(network), slots);
    ScanControl control;
    int polls = 0;
    (void)resolve(context, control, [&] { return asked == 7 && ++polls >= 3; });
    CHECK(asked == 7);
    CHECK(limiter.available(ticks_from_ns(platform::monotonic_ns())) < 1);
  }

  TEST_CASE("two links may have different machines at one gateway address") {
    Network network;
    ScanContext* context = nullptr;
    for (std::uint8_t link = 0; link < 2; ++link) {
      add_link(network, [&context, link] {
        (void)context->feeds[link]->neighbours.try_push({kGateway, mac(link)});
        return platform::SendReport{.accepted = 1};
      });
      network.paths.push_back({link, kOurs, kGateway});
      network.ranges.push_back({IpAddress::v4(0x0b000000U + link * 256U), 4, link});
    }
    ScanSlots slots;
    ScanContext made(options_for_resolving(), std::move(network), slots);
    context = &made;
    ScanControl control;
    const Resolution resolution = resolve(made, control, kNever);
    CHECK(resolution.usable);
    for (std::uint8_t link = 0; link < 2; ++link) {
      const packet::MacAddress* found = resolution.tables[link].find(kGateway);
      REQUIRE(found != nullptr);
      CHECK(*found == mac(link));
    }
    CHECK(slots.get(kSlotSent) == 2);
  }

  TEST_CASE("hops on the link are asked three times; a gateway among them is not asked apart") {
    Network network;
    add_link(network, [] { return platform::SendReport{.accepted = 1}; });
    const IpAddress first = IpAddress::v4(0x0a000064);
    network.paths = {{0, kOurs, std::nullopt}, {0, kOurs, first.plus(1)}};
    network.ranges = {{first, 3, 0}, {IpAddress::v4(0x0b000000), 1, 1}};
    ScanSlots slots;
    ScanContext context(options_for_resolving(), std::move(network), slots);
    ScanControl control;
    (void)resolve(context, control, kNever);
    CHECK(slots.get(kSlotSent) == 9);
    CHECK(slots.get(kSlotSilentNeighbours) == 3);
  }

  TEST_CASE("devices that refuse every question are told from hosts that do not answer") {
    Network network;
    add_link(network, [] { return platform::SendReport{0, platform::SendOutcome::failed, 100}; });
    network.paths = {{0, kOurs, std::nullopt}};
    network.ranges = {{IpAddress::v4(0x0a000064), 2, 0}};
    ScanSlots slots;
    ScanContext context(options_for_resolving(), std::move(network), slots);
    ScanControl control;
    CHECK(!resolve(context, control, kNever).usable);
    CHECK(slots.get(kSlotFaultErrno) == 100);
    CHECK(slots.get(kSlotSendFailed) == 6);
  }

  TEST_CASE("an interrupted or paused resolver asks nobody") {
    Network network;
    add_link(network, [] { return platform::SendReport{.accepted = 1}; });
    network.paths = {{0, kOurs, std::nullopt}};
    network.ranges = {{IpAddress::v4(0x0a000000), 1'000'000, 0}};
    ScanSlots slots;
    ScanContext context(options_for_resolving(), std::move(network), slots);
    ScanControl control;
    (void)resolve(context, control, [] { return true; });
    CHECK(slots.get(kSlotSent) == 0);

    control.paused.store(true);
    int polls = 0;
    (void)resolve(context, control, [&] {
      control.waiter.wake();  // do not sleep the poll out
      return ++polls > 5;
    });
    CHECK(slots.get(kSlotSent) == 0);
  }

  TEST_CASE("before anything is sent, everything has been heard") {
    // At 0 an uptime of 26 to 52 days would make every probe look timed out (see ProbeWindow).
    const std::uint64_t before_ns = platform::monotonic_ns();
    const CaptureFeed feed;
    CHECK(feed.heard_ns.load() >= before_ns);
  }
}

}  // namespace pacegate
