#include "engine/scan/neighbour_table.h"

#include <doctest/doctest.h>

namespace pacegate {

TEST_SUITE("engine") {
  TEST_CASE("the first answer for an address is kept, through growth") {
    NeighbourTable table;
    CHECK(table.find(IpAddress::v4(1)) == nullptr);
    for (std::uint32_t i = 0; i < 5000; ++i) {
      packet::MacAddress mac;
      mac.bytes[5] = static_cast<std::uint8_t>(i);
      CHECK(table.insert(IpAddress::v4(i), mac));
      CHECK(!table.insert(IpAddress::v4(i), packet::kBroadcastMac));
    }
    CHECK(table.size() == 5000);
    for (std::uint32_t i = 0; i < 5000; ++i) {
      const packet::MacAddress* mac = table.find(IpAddress::v4(i));
      REQUIRE(mac != nullptr);
      CHECK(mac->bytes[5] == static_cast<std::uint8_t>(i));
    }
    CHECK(table.find(IpAddress::v4(5000)) == nullptr);
  }
}

}  // namespace pacegate
