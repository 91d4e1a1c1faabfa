#include "core/ip_address.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>

namespace pacegate {

TEST_SUITE("ip_address") {
  TEST_CASE("an IPv4 address keeps its bytes in network order") {
    const IpAddress address = IpAddress::v4(0x7f000001U);
    CHECK(address.family() == IpFamily::v4);
    CHECK(address.size() == 4);
    CHECK(address.bytes()[0] == 127);
    CHECK(address.bytes()[3] == 1);
    CHECK(address.to_u32() == 0x7f000001U);
    CHECK(IpAddress::from_bytes(address.bytes()) == address);
  }

  TEST_CASE("addition carries, and wraps at the end of the family") {
    CHECK(IpAddress::v4(0x0a00ffffU).plus(1) == IpAddress::v4(0x0a010000U));
    CHECK(IpAddress::v4(0xffffffffU).plus(2) == IpAddress::v4(1));
    std::array<std::uint8_t, 16> low{};
    low.fill(0xff);
    low[7] = 0;
    const IpAddress address = IpAddress::from_bytes(low);
    const IpAddress next = address.plus(1);
    CHECK(next.bytes()[7] == 1);
    CHECK(next.bytes()[8] == 0);
    CHECK(next.bytes()[15] == 0);
    CHECK(next.distance_from(address) == 1);
    CHECK(address.plus(0x123456789abcU).distance_from(address) == 0x123456789abcU);
  }

  TEST_CASE("IPv4 sorts before IPv6, and equal bytes of two families differ") {
    const IpAddress v6 = IpAddress::from_bytes(std::array<std::uint8_t, 16>{127, 0, 0, 1});
    CHECK(IpAddress::v4(0xffffffffU) < v6);
    CHECK(IpAddress::v4(0x7f000001U) != v6);
    CHECK(IpAddress::v4(0x7f000001U).key() == v6.key());
  }
}

}  // namespace pacegate
