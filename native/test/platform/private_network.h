/// \file
/// A network of a test's own: a thread in a fresh network namespace, which takes its devices with
/// it when it ends.
#pragma once

#include <doctest/doctest.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <thread>

#include "platform/interface.h"

namespace pacegate::platform::test {

/// Runs a command of the shell; the test fails when the command does.
inline void run(const std::string& command) {
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

/// Calls `body` inside a new network namespace, or says that the system does not permit it. Runs on
/// one core: veth keeps packets in order only per core.
inline void in_private_network(const std::function<void()>& body) {
  std::exception_ptr failure;
  int refused = 0;
  std::thread inside([&] {
    if (unshare(CLONE_NEWNET) != 0) {
      refused = errno;
      return;
    }
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_setaffinity(0, sizeof here, &here);
    try {
      run("ip link set lo up");
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  inside.join();
  if (refused != 0) MESSAGE("skipped, no network namespace: " << std::strerror(refused));
  if (failure) std::rethrow_exception(failure);
}

/// Two Ethernet devices joined by a wire, both up, silent of themselves (no IPv6 address made up).
struct Wire {
  Wire() {
    run("ip link add near type veth peer name far");
    run("ip link set near up addrgenmode none && ip link set far up addrgenmode none");
  }
  [[nodiscard]] static Interface near() { return find_interface("near"); }
  [[nodiscard]] static Interface far() { return find_interface("far"); }
};

}  // namespace pacegate::platform::test
