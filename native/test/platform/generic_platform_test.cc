// What systems without a raw backend answer.
#ifndef __linux__

#include <doctest/doctest.h>

#include "platform/capabilities.h"
#include "platform/error.h"
#include "platform/interface.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "platform/route.h"
#include "platform/shared_memory.h"

using namespace pacegate;
using namespace pacegate::platform;

namespace {

template <class Call>
void check_refused(const Call& call) {
  try {
    call();
    FAIL("was not refused");
  } catch (const PlatformError& error) {
    CHECK(error.fault() == Fault::not_supported);
    CHECK(std::string(error.what()).find("use the connect technique") != std::string::npos);
  }
}

}  // namespace

TEST_SUITE("generic platform") {
  TEST_CASE("everything raw is refused, and the way out is named") {
    const Interface device;
    check_refused([] { (void)find_interface("lo"); });
    check_refused([] { (void)find_interface(1U); });
    check_refused([&] { (void)open_packet_sender(device); });
    check_refused([&] { (void)open_raw_ip_sender(device); });
    check_refused([&] { (void)open_sender(device); });
    check_refused([&] { (void)open_packet_receiver(device, {}); });
    check_refused([] { (void)open_packet_receiver_on_all({}); });
    check_refused([] { (void)lookup_route(IpAddress::v4(1)); });
    check_refused([] { (void)route_boundaries(IpAddress::v4(1), IpAddress::v4(2)); });
    check_refused([] { (void)cached_neighbour(1, IpAddress::v4(1)); });
  }

  TEST_CASE("files are not shared, and the way out is named") {
    try {
      const SharedMemory file("limit");
      FAIL("was not refused");
    } catch (const PlatformError& error) {
      CHECK(error.fault() == Fault::not_supported);
      CHECK(std::string(error.what()).find("SharedArrayBuffer") != std::string::npos);
    }
  }

  TEST_CASE("there is nothing to list, and no capability") {
    CHECK(list_interfaces().empty());
    const auto all = probe_capabilities();
    CHECK(all.size() == 4);
    for (const Capability& each : all) {
      CHECK_FALSE(each.available);
      CHECK_FALSE(each.reason.empty());
    }
    std::string why;
    CHECK_FALSE(can_send_raw_packets(why));
    CHECK_FALSE(why.empty());
  }
}

#endif
