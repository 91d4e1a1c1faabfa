// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include "platform/interface.h"
#include "platform/private_network.h"
#include "platform/route.h"
#include "platform/test_addresses.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

TEST_SUITE("cached neighbour") {
  TEST_CASE("usable entries are found, by device and address") {
    in_private_network([] {
      const Wire wire;
      const std::uint32_t near = wire.near().index;
      const std::uint32_t far = wire.far().index;
      run("ip addr add 10.7.0.1/24 dev near && ip addr add fd00:7::1/64 dev near nodad");
      run("ip neigh add 10.7.0.2 lladdr 02:00:00:00:00:22 dev near nud permanent");
      run("ip neigh add 10.7.0.3 lladdr 02:00:00:00:00:33 dev near nud stale");
      run("ip neigh add 10.7.0.4 lladdr 02:00:00:00:00:44 dev near nud reachable");
      run("ip neigh add 10.7.0.5 lladdr 02:00:00:00:00:55 dev near nud noarp");
      run("ip neigh add fd00:7::2 lladdr 02:00:00:00:00:66 dev near nud permanent");
      const auto mac = [](std::uint8_t last) { return packet::MacAddress{{2, 0, 0, 0, 0, last}}; };
      CHECK(cached_neighbour(near, address("10.7.0.2")) == mac(0x22));
      CHECK(cached_neighbour(near, address("10.7.0.3")) == mac(0x33));
      CHECK(cached_neighbour(near, address("10.7.0.4")) == mac(0x44));
      CHECK(cached_neighbour(near, address("10.7.0.5")) == mac(0x55));
      CHECK(cached_neighbour(near, address("fd00:7::2")) == mac(0x66));
      CHECK_FALSE(cached_neighbour(far, address("10.7.0.2")).has_value());
      CHECK_FALSE(cached_neighbour(near, address("10.7.0.6")).has_value());
      CHECK_FALSE(cached_neighbour(near, address("fd00:7::3")).has_value());
    });
  }

  TEST_CASE("an entry that is still being asked for, or failed, is none") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near");
      run("ip neigh add 10.7.0.2 dev near nud incomplete");
      run("ip neigh add 10.7.0.3 dev near nud failed");
      CHECK_FALSE(cached_neighbour(wire.near().index, address("10.7.0.2")).has_value());
      CHECK_FALSE(cached_neighbour(wire.near().index, address("10.7.0.3")).has_value());
    });
  }

  TEST_CASE("a table larger than one message is read to its end") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/16 dev near");
      run("for i in $(seq 2 250); do for j in 1 2; do echo \"neigh add 10.7.$j.$i lladdr "
          "02:00:00:00:0$j:$(printf %02x $i) dev near nud permanent\"; done; done | ip -batch -");
      for (std::uint8_t i = 2; i <= 250; ++i) {
        const auto found = cached_neighbour(wire.near().index, IpAddress::v4(0x0a070200U + i));
        REQUIRE(found.has_value());
        CHECK(*found == packet::MacAddress{{2, 0, 0, 0, 2, i}});
      }
    });
  }
}

#endif
