// Linux only: it needs a time namespace.
#ifdef __linux__

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <string>

#include "platform/child_process.h"
#include "platform/error.h"
#include "platform/linux/time_namespace.h"
#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/xdp_peer.h"
#include "platform/xdp_support.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// In a time namespace whose monotonic clock is this much ahead; "skip" where there are none.
template <class Ask>
std::string said_with_offset(const std::string& seconds, const Ask& ask) {
  return said_by_child([&]() -> std::string {
    if (unshare(CLONE_NEWTIME) != 0) return "skip";
    const int file = open("/proc/self/timens_offsets", O_WRONLY);
    const std::string line = "monotonic " + seconds + " 0\n";
    if (write(file, line.data(), line.size()) < 0) return "skip";
    close(file);
    return ask();
  });
}

}  // namespace

TEST_SUITE("platform time namespace") {
  TEST_CASE("a shifted monotonic clock is found, and one that is not") {
    CHECK(!monotonic_clock_is_shifted());
    const auto ask = [] { return std::string(monotonic_clock_is_shifted() ? "yes" : "no"); };
    for (const char* seconds : {"1000000", "-5"}) {
      const std::string said = said_with_offset(seconds, ask);
      CHECK((said == "yes" || said == "skip"));
    }
    const std::string same = said_with_offset("0", ask);
    CHECK((same == "no" || same == "skip"));
  }

  TEST_CASE("P3 xdp is refused where its programs have another clock, and the reason says so") {
    in_private_network([] {
      const Wire wire;
      const AttachedXdp peer(wire.far(), xdp_always(XDP_DROP));
      const Interface near = wire.near();
      CHECK(xdp_support(near).available);
      const std::string said = said_with_offset("60", [&] { return xdp_support(near).reason; });
      CHECK((said == "skip" || said.find("time namespace") != std::string::npos));
    });
  }

  TEST_CASE("P3 frames larger than xdp can send are refused by their size") {
    in_private_network([] {
      const Wire wire;
      const AttachedXdp peer(wire.far(), xdp_always(XDP_DROP));
      std::string said;
      try {
        (void)open_xdp_sender(wire.near(), {.largest_frame = 3073, .usual_frame = 3073});
      } catch (const PlatformError& error) {
        said = error.what();
      }
      CHECK(said.find("at most 3072 bytes") != std::string::npos);
      auto sender = open_xdp_sender(wire.near(), {.largest_frame = 3072, .usual_frame = 3072});
      CHECK(sender->slot(0).size() >= 3072);
    });
  }
}

#endif
