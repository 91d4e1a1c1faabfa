// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <algorithm>

#include "platform/error.h"
#include "platform/private_network.h"
#include "platform/route.h"
#include "platform/test_addresses.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

using Texts = std::vector<std::string>;

Texts boundaries(const std::string& first, const std::string& last) {
  return texts(route_boundaries(address(first), address(last)));
}

/// A route's look, comparable; "none" for no route.
std::string look(const IpAddress& destination) {
  try {
    const Route route = lookup_route(destination);
    // The host's own addresses are their own source, one by one.
    const std::string source = route.source == destination ? "itself" : text(route.source);
    return std::to_string(route.interface_index) + " " + source + " " +
           (route.gateway ? text(*route.gateway) : "");
  } catch (const PlatformError&) {
    return "none";
  }
}

}  // namespace

TEST_SUITE("route boundaries") {
  TEST_CASE("each prefix has a first address and one after its last") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near");
      run("ip route add default via 10.7.0.254");
      CHECK(boundaries("10.8.0.0", "10.9.255.255") == Texts{});
      run("ip route add 10.8.0.0/16 via 10.7.0.2");
      run("ip route add 10.8.5.5/32 via 10.7.0.3");
      run("ip route add prohibit 10.9.0.0/24");
      run("ip route add unreachable 10.9.1.0/25 table 77");
      CHECK(boundaries("10.8.0.0", "10.9.255.255") ==
            Texts{"10.8.5.5", "10.8.5.6", "10.9.0.0", "10.9.1.0", "10.9.1.128"});
      CHECK(boundaries("10.0.0.0", "10.255.255.255") ==
            Texts{"10.7.0.0", "10.7.0.1", "10.7.0.2", "10.7.0.255", "10.7.1.0", "10.8.0.0",
                  "10.8.5.5", "10.8.5.6", "10.9.0.0", "10.9.1.0", "10.9.1.128"});
    });
  }

  TEST_CASE("the first address is no boundary, the last may be one") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/32 dev near && ip route add 10.8.0.0/30 dev near");
      CHECK(boundaries("10.8.0.0", "10.8.0.3") == Texts{});
      CHECK(boundaries("10.8.0.0", "10.8.0.4") == Texts{"10.8.0.4"});
      CHECK(boundaries("10.7.255.255", "10.8.0.0") == Texts{"10.8.0.0"});
      CHECK(boundaries("10.8.0.1", "10.8.0.1") == Texts{});
    });
  }

  TEST_CASE("the end of the address space is not the start of another") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near && ip route add 240.0.0.0/4 via 10.7.0.2");
      CHECK(boundaries("239.255.255.255", "255.255.255.255") == Texts{"240.0.0.0"});
      CHECK(boundaries("0.0.0.0", "9.255.255.255") == Texts{});
    });
  }

  TEST_CASE("a rule for a prefix divides as a route does") {
    in_private_network([] {
      const Wire wire;
      run("ip rule add to 10.8.64.0/18 lookup 100");
      CHECK(boundaries("10.8.0.0", "10.8.255.255") == Texts{"10.8.64.0", "10.8.128.0"});
    });
  }

  TEST_CASE("IPv6 prefixes of any length") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add fd00:7::1/64 dev near nodad");
      run("ip route add fd00:8::/33 via fd00:7::2");
      run("ip route add fd00:8::5/128 via fd00:7::3");
      CHECK(boundaries("fd00:8::", "fd00:9::") == Texts{"fd00:8::5", "fd00:8::6", "fd00:8:8000::"});
      CHECK(boundaries("10.0.0.0", "10.255.255.255") == Texts{});
    });
  }

  TEST_CASE("between two boundaries all addresses share one route") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near && ip addr add 10.6.0.77/20 dev far");
      run("ip route add default via 10.7.0.254");
      run("ip route add 10.8.0.0/13 via 10.7.0.2 && ip route add 10.9.32.0/19 via 10.6.0.3");
      run("ip route add blackhole 10.9.33.7/32 && ip rule add to 10.10.0.0/23 prohibit");
      IpAddress first = address("10.0.0.0");
      const IpAddress end = address("10.20.0.0");
      auto pieces = route_boundaries(first, address("10.19.255.255"));
      pieces.push_back(end);
      REQUIRE(pieces.size() > 10);
      for (const IpAddress& next : pieces) {
        const std::uint64_t count = next.distance_from(first);
        const std::string expected = look(first);
        for (const std::uint64_t offset : {count / 3, count / 2, count - 1}) {
          INFO(text(first.plus(offset)));
          CHECK(look(first.plus(offset)) == expected);
        }
        first = next;
      }
    });
  }
}

#endif
