// What systems without a folder of their own get; in a build with -DPACEGATE_PLATFORM=generic.
#include <doctest/doctest.h>

#include "platform/capabilities.h"
#include "platform/error.h"
#include "platform/interface.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "platform/shared_memory.h"

using namespace pacegate;
using namespace pacegate::platform;

namespace {

template <class Call>
void check_refused(const Call& call, const std::string& way_out) {
  try {
    call();
    FAIL("was not refused");
  } catch (const PlatformError& error) {
    CHECK(error.fault() == Fault::not_supported);
    CHECK(std::string(error.what()).find(way_out) != std::string::npos);
  }
}

}  // namespace

TEST_SUITE("generic platform") {
  TEST_CASE("P10 what only Linux has is refused, and the way out is named") {
    const Interface device;
    check_refused([&] { (void)open_packet_sender(device); }, "use pcap");
    check_refused([&] { (void)open_raw_ip_sender(device); }, "use pcap");
    check_refused([&] { (void)open_xdp_sender(device); }, "use pcap");
    check_refused([] { const SharedMemory file("limit"); }, "SharedArrayBuffer");
    check_refused([] { (void)open_packet_receiver_on_all({}); }, "name one interface");
  }

  TEST_CASE("P10 raw packets are as available as libpcap is, and the reason says what is missing") {
    const auto all = probe_capabilities();
    REQUIRE(all.size() == 1);
    CHECK(all[0].name == "pcap");
    CHECK(all[0].available == all[0].reason.empty());
    const auto obstacle = raw_packets_obstacle();
    if (all[0].available) {
      // Where routes are not read, that is what stands in the way of scans.
      if (obstacle) CHECK(obstacle->fault() == Fault::not_supported);
    } else {
      REQUIRE(obstacle);
      CHECK(obstacle->what() == all[0].reason);
    }
  }

  TEST_CASE("devices are listed in order, with what is known of each") {
    const auto all = list_interfaces();
    for (std::size_t i = 0; i < all.size(); ++i) {
      CHECK_FALSE(all[i].name.empty());
      CHECK(all[i].index > 0);
      if (i > 0) CHECK(all[i - 1].index < all[i].index);
      CHECK(find_interface(all[i].index).name == all[i].name);
      CHECK(find_interface(all[i].name).index == all[i].index);
    }
    CHECK_THROWS_AS((void)find_interface("device-of-nobody"), PlatformError);
    CHECK_THROWS_AS((void)find_interface(0x7fffffffU), PlatformError);
  }
}
