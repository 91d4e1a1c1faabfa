// Linux only: it needs its network namespaces, signals or thread traits.
#ifdef __linux__

#include <doctest/doctest.h>

#include <algorithm>

#include "platform/error.h"
#include "platform/interface.h"
#include "platform/private_network.h"
#include "platform/test_addresses.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

TEST_SUITE("interfaces") {
  TEST_CASE("every host has a loopback device") {
    const auto interfaces = list_interfaces();
    const auto lo = std::find_if(interfaces.begin(), interfaces.end(),
                                 [](const Interface& i) { return i.link == LinkType::loopback; });
    REQUIRE(lo != interfaces.end());
    CHECK(lo->index > 0);
    CHECK(find_interface(lo->name).index == lo->index);
    CHECK(find_interface(lo->index).name == lo->name);
    CHECK(std::is_sorted(interfaces.begin(), interfaces.end(),
                         [](const Interface& a, const Interface& b) { return a.index < b.index; }));
  }

  TEST_CASE("an unknown device is refused, and the known ones are named") {
    try {
      (void)find_interface("no-such-device");
      FAIL("found a device that does not exist");
    } catch (const PlatformError& error) {
      CHECK(error.fault() == Fault::no_such_interface);
      CHECK(std::string(error.what()).find("no-such-device") != std::string::npos);
      CHECK(std::string(error.what()).find("lo") != std::string::npos);
    }
    CHECK_THROWS_AS((void)find_interface(std::uint32_t{0x7fffffff}), PlatformError);
    CHECK_THROWS_AS((void)find_interface(""), PlatformError);
  }

  TEST_CASE("an Ethernet device is described in full") {
    in_private_network([] {
      const Wire wire;
      run("ip link set near address 02:00:00:00:00:0a mtu 1400");
      run("ip addr add 10.7.0.1/24 dev near && ip addr add fd00:7::1/64 dev near nodad");
      const Interface near = Wire::near();
      CHECK(near.name == "near");
      CHECK(near.link == LinkType::ethernet);
      CHECK(near.up);
      CHECK(near.mtu == 1400);
      CHECK(near.mac == packet::MacAddress{{0x02, 0, 0, 0, 0, 0x0a}});
      CHECK(texts(near.addresses) == std::vector<std::string>{"10.7.0.1", "fd00:7::1"});
      CHECK(list_interfaces().size() >= 3);
    });
  }

  TEST_CASE("a device is up when it is switched on and has a carrier") {
    in_private_network([] {
      const Wire wire;
      run("ip link set far down");
      CHECK_FALSE(Wire::far().up);
      CHECK_FALSE(Wire::near().up);
      run("ip link set far up");
      CHECK(Wire::near().up);
    });
  }

  TEST_CASE(
      "a device without Ethernet headers is an IP device; its own address is not its peer's") {
    in_private_network([] {
      run("ip link add tunnel type sit remote 127.0.0.2 local 127.0.0.1 2>/dev/null || "
          "ip tuntap add dev tunnel mode tun");
      run("ip addr add 10.7.1.1 peer 10.7.1.2 dev tunnel");
      const Interface tunnel = find_interface("tunnel");
      CHECK(tunnel.link == LinkType::ip);
      CHECK(tunnel.mac == packet::MacAddress{});
      CHECK(texts(tunnel.addresses) == std::vector<std::string>{"10.7.1.1"});
    });
  }
}

#endif
