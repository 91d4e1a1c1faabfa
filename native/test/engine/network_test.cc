#include "engine/scan/network.h"

#include <doctest/doctest.h>

#include "platform/capabilities.h"

namespace pacegate {
namespace {

bool no_raw_packets() {
  return platform::raw_packets_obstacle().has_value();
}

IpAddress loopback6() {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = 1;
  return IpAddress::from_bytes(bytes);
}

bool no_ipv6() {
  for (const platform::Interface& device : platform::list_interfaces()) {
    for (const IpAddress& address : device.addresses) {
      if (address == loopback6()) return false;
    }
  }
  return true;
}

ScanOptions options_for(std::vector<AddressRange> ranges) {
  ScanOptions options;
  options.ranges = std::move(ranges);
  options.ports = {80};
  options.source_port = 61000;
  return options;
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("targets on one route share a link and a path, and adjacent ranges become one" *
            doctest::skip(no_raw_packets())) {
    std::vector<AddressRange> singles;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      const IpAddress address = IpAddress::v4(0x7f000100 + i);
      singles.push_back({address, address});
    }
    const Network network = open_network(options_for(std::move(singles)));
    CHECK(network.links.size() == 1);
    CHECK(network.paths.size() == 1);
    REQUIRE(network.ranges.size() == 1);
    CHECK(network.ranges[0].count == 20'000);
    CHECK(network.ranges[0].route == 0);
  }

  TEST_CASE("both families go over the loopback device, each by a path of its own" *
            doctest::skip(no_raw_packets() || no_ipv6())) {
    const IpAddress v6 = loopback6();
    const IpAddress v4 = IpAddress::v4(0x7f000001);
    const Network network = open_network(options_for({{v4, v4}, {v6, v6}}));
    CHECK(network.links.size() == 1);
    CHECK(network.backend() == "rawip");
    CHECK(network.paths.size() == 2);
    CHECK(network.ranges.size() == 2);
  }
}

}  // namespace pacegate
