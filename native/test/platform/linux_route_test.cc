// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include "platform/error.h"
#include "platform/interface.h"
#include "platform/private_network.h"
#include "platform/route.h"
#include "platform/test_addresses.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// "device source gateway", or the fault's name.
std::string way_to(const std::string& destination, std::uint32_t interface_index = 0) {
  try {
    const Route route = lookup_route(address(destination), interface_index);
    std::string way = find_interface(route.interface_index).name + ' ' + text(route.source);
    if (route.gateway) way += ' ' + text(*route.gateway);
    return way;
  } catch (const PlatformError& error) {
    CHECK(std::string(error.what()).find(destination) != std::string::npos);
    return fault_name(error.fault());
  }
}

std::string why_no_way_to(const std::string& destination) {
  try {
    (void)lookup_route(address(destination));
  } catch (const PlatformError& error) {
    return error.what();
  }
  return "";
}

void set_up_ipv4() {
  run("ip addr add 10.7.0.1/24 dev near && ip addr add 10.6.0.1/24 dev far");
  run("ip route add 10.8.0.0/16 via 10.7.0.2");
  run("ip route add 10.8.5.5/32 via 10.7.0.3");
  run("ip route add prohibit 10.9.0.0/24");
  run("ip route add unreachable 10.9.1.0/24");
  run("ip route add blackhole 10.9.2.0/24");
}

void set_up_ipv6() {
  run("ip addr add fd00:7::1/64 dev near nodad");
  // The kernel adds the route to the address itself a moment later, from a work queue.
  run("timeout 10 sh -c 'until ip -6 route show table local | grep -q fd00:7::1; do :; done'");
  run("ip route add fd00:8::/32 via fd00:7::2");
  run("ip route add fd00:8::5/128 via fd00:7::3");
  run("ip route add prohibit fd00:9::/64");
  run("ip route add unreachable fd00:9:1::/64");
  run("ip route add blackhole fd00:9:2::/64");
}

}  // namespace

TEST_SUITE("route") {
  TEST_CASE("127.0.0.1 is on the loopback device") {
    const Route route = lookup_route(IpAddress::v4(0x7f000001));
    CHECK(find_interface(route.interface_index).link == LinkType::loopback);
    CHECK(text(route.source) == "127.0.0.1");
    CHECK_FALSE(route.gateway.has_value());
  }

  TEST_CASE("IPv4: on the link, behind a gateway, own, refused") {
    in_private_network([] {
      const Wire wire;
      CHECK(way_to("10.7.0.9") == "no_route");
      set_up_ipv4();
      CHECK(way_to("10.7.0.9") == "near 10.7.0.1");
      CHECK(way_to("10.8.0.1") == "near 10.7.0.1 10.7.0.2");
      CHECK(way_to("10.8.5.5") == "near 10.7.0.1 10.7.0.3");
      CHECK(way_to("10.7.0.1") == "lo 10.7.0.1");
      CHECK(way_to("10.6.0.1") == "lo 10.6.0.1");
      CHECK(way_to("127.9.9.9") == "lo 127.9.9.9");
      CHECK(way_to("10.9.0.1") == "no_route");
      CHECK(way_to("10.9.1.1") == "no_route");
      CHECK(way_to("10.9.2.1") == "no_route");
      CHECK(way_to("192.0.2.1") == "no_route");
      run("ip route add default via 10.7.0.254");
      CHECK(way_to("192.0.2.1") == "near 10.7.0.1 10.7.0.254");
    });
  }

  TEST_CASE("IPv6: on the link, behind a gateway, own, refused") {
    in_private_network([] {
      const Wire wire;
      if (find_interface("lo").addresses.size() < 2) {
        MESSAGE("skipped, no IPv6 here");
        return;
      }
      CHECK(way_to("fd00:7::9") == "no_route");
      set_up_ipv6();
      CHECK(way_to("fd00:7::9") == "near fd00:7::1");
      CHECK(way_to("fd00:8::1") == "near fd00:7::1 fd00:7::2");
      CHECK(way_to("fd00:8::5") == "near fd00:7::1 fd00:7::3");
      CHECK(way_to("fd00:7::1") == "lo fd00:7::1");
      CHECK(way_to("::1") == "lo ::1");
      CHECK(way_to("fd00:9::1") == "no_route");
      CHECK(way_to("fd00:9:1::1") == "no_route");
      CHECK(way_to("fd00:9:2::1") == "no_route");
      CHECK(way_to("2001:db8::1") == "no_route");
      run("ip route add default via fd00:7::fe");
      CHECK(way_to("2001:db8::1") == "near fd00:7::1 fd00:7::fe");
    });
  }

  TEST_CASE("a refusal says what refuses") {
    in_private_network([] {
      const Wire wire;
      set_up_ipv4();
      CHECK(why_no_way_to("10.9.0.1") == "no route to 10.9.0.1: a route of this host prohibits it");
      CHECK(why_no_way_to("10.9.1.1") ==
            "no route to 10.9.1.1: a route of this host declares it unreachable");
      CHECK(why_no_way_to("10.9.2.1") ==
            "no route to 10.9.2.1: a blackhole route of this host discards it");
      CHECK(why_no_way_to("192.0.2.1") == "no route to 192.0.2.1: no route of this host covers it");
    });
  }

  TEST_CASE("restricted to a device, only its own routes count") {
    in_private_network([] {
      const Wire wire;
      set_up_ipv4();
      const std::uint32_t near = wire.near().index;
      const std::uint32_t far = wire.far().index;
      CHECK(way_to("10.8.0.1", near) == "near 10.7.0.1 10.7.0.2");
      CHECK(way_to("10.8.0.1", far) == "no_route");
      CHECK(way_to("10.6.0.2", far) == "far 10.6.0.1");
      CHECK(way_to("10.6.0.2", near) == "no_route");
      run("ip route add 10.8.0.0/16 via 10.6.0.2 metric 500");
      CHECK(way_to("10.8.0.1") == "near 10.7.0.1 10.7.0.2");
      CHECK(way_to("10.8.0.1", far) == "far 10.6.0.1 10.6.0.2");
      CHECK(way_to("10.7.0.1", near) == "lo 10.7.0.1");
      CHECK(way_to("10.7.0.1", find_interface("lo").index) == "lo 10.7.0.1");
      CHECK(way_to("192.0.2.1", find_interface("lo").index) == "no_route");
    });
  }

  TEST_CASE("an IPv4 route may lead through an IPv6 gateway") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near && ip addr add fd00:7::1/64 dev near nodad");
      run("ip route add 10.20.0.0/16 via inet6 fd00:7::2 dev near");
      CHECK(way_to("10.20.1.1") == "near 10.7.0.1 fd00:7::2");
    });
  }

  TEST_CASE("of several next hops the kernel picks one") {
    in_private_network([] {
      const Wire wire;
      set_up_ipv4();
      run("ip route add 10.30.0.0/16 nexthop via 10.7.0.4 nexthop via 10.6.0.4");
      const std::string way = way_to("10.30.0.1");
      CHECK((way == "near 10.7.0.1 10.7.0.4" || way == "far 10.6.0.1 10.6.0.4"));
    });
  }

  TEST_CASE("policy rules are obeyed") {
    in_private_network([] {
      const Wire wire;
      set_up_ipv4();
      run("ip route add default via 10.6.0.9 table 100");
      run("ip rule add to 10.8.64.0/18 lookup 100");
      CHECK(way_to("10.8.63.255") == "near 10.7.0.1 10.7.0.2");
      CHECK(way_to("10.8.64.0") == "far 10.6.0.1 10.6.0.9");
      CHECK(way_to("10.8.127.255") == "far 10.6.0.1 10.6.0.9");
      CHECK(way_to("10.8.128.0") == "near 10.7.0.1 10.7.0.2");
    });
  }
}

#endif
