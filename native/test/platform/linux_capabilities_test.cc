// Linux only: it needs its network namespaces, signals or thread traits.
#ifdef __linux__

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "platform/capabilities.h"

using namespace pacegate::platform;

TEST_SUITE("capabilities") {
  TEST_CASE("each is either available or says why not") {
    const auto all = probe_capabilities();
    REQUIRE(all.size() == 5);
    CHECK(all[0].name == "raw-sockets");
    CHECK(all[1].name == "packet-sockets");
    CHECK(all[2].name == "bpf");
    CHECK(all[3].name == "net-admin");
    CHECK(all[4].name == "pcap");
    for (const Capability& each : all) CHECK(each.available == each.reason.empty());
    CHECK(raw_packets_obstacle().has_value() == !(all[0].available && all[1].available));
  }

  TEST_CASE("without privileges nothing is available, and the way to get it is named") {
    // Privileges belong to the thread as far as the kernel is concerned: this one gives up its own.
    std::thread unprivileged([] {
      __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
      __user_cap_data_struct none[2]{};
      if (syscall(SYS_capset, &header, none) != 0) return;  // a sandbox that forbids even that
      const auto all = probe_capabilities();
      CHECK_FALSE(all[0].available);
      CHECK(all[0].reason.find("sudo setcap cap_net_raw+ep /") != std::string::npos);
      CHECK_FALSE(all[1].available);
      CHECK(all[1].reason == all[0].reason);
      CHECK_FALSE(all[2].available);
      CHECK_FALSE(all[3].available);
      CHECK(all[3].reason.find("CAP_NET_ADMIN") != std::string::npos);
      CHECK_FALSE(all[4].available);
      const auto obstacle = raw_packets_obstacle();
      REQUIRE(obstacle);
      CHECK(obstacle->fault() == Fault::not_permitted);
      CHECK(obstacle->what() == all[0].reason);
    });
    unprivileged.join();
  }
}

#endif
