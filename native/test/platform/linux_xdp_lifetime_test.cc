// How XDP senders begin and end. Linux only: XDP is.
#ifdef __linux__

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "platform/child_process.h"
#include "platform/error.h"
#include "platform/linux/xdp_trial.h"
#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/xdp_frames.h"
#include "platform/xdp_peer.h"
#include "platform/xdp_support.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

// ThreadSanitizer ends a forked process that starts a thread.
#ifdef __SANITIZE_THREAD__
constexpr bool kNoThreadsAfterFork = true;
#else
constexpr bool kNoThreadsAfterFork = false;
#endif

std::size_t entries_of(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// The BPF programs behind the descriptors of a process, its links included.
std::set<std::uint32_t> programs_of(pid_t process) {
  std::set<std::uint32_t> found;
  const auto folder = "/proc/" + std::to_string(process) + "/fdinfo";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream text(entry.path());
    for (std::string word; text >> word;) {
      std::uint32_t id = 0;
      if (word == "prog_id:" && text >> id) found.insert(id);
    }
  }
  return found;
}

bool exists(std::uint32_t program) {
  bpf_attr open = zeroed_bpf_attributes();
  open.prog_id = program;
  const FileDescriptor fd(
      static_cast<int>(syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &open, sizeof open)));
  return fd.is_open();
}

/// Whether the kernel still holds one that is not in `kept`; it frees a program a little after the last
/// reference to it is gone.
bool are_gone(const std::set<std::uint32_t>& programs, const std::set<std::uint32_t>& kept) {
  const auto lives = [&](std::uint32_t id) { return !kept.contains(id) && exists(id); };
  for (int attempt = 0; attempt < 500; ++attempt) {
    if (std::none_of(programs.begin(), programs.end(), lives)) return true;
    rest_a_little();
  }
  return false;
}

/// Whether the thread of that name sleeps, within five seconds.
bool falls_asleep(const std::string& name) {
  for (int attempt = 0; attempt < 5000; ++attempt) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream text(task.path() / "stat");
      std::string id;
      std::string command;
      std::string state;
      text >> id >> command >> state;
      if (command == "(" + name + ")" && state == "S") return true;
    }
    rest_a_little();
  }
  return false;
}

std::string refusal(const Interface& interface, Fault fault) {
  try {
    (void)open_xdp_sender(interface);
  } catch (const PlatformError& error) {
    CHECK(error.fault() == fault);
    return error.what();
  }
  return "was opened";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("xdp lifetime") {
  TEST_CASE("P5 closed with frames held: what has left arrived, what is held never does") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 1U << 10);
      auto sender = open_xdp_sender(wire.near());
      const std::uint64_t in_an_hour_ns = monotonic_ns() + 3600 * kNsPerSecond;
      for (std::uint64_t i = 0; i < 500; ++i) {
        fill_numbered(*sender, i, i, 58);
        sender->set_departure(i, i < 200 ? 0 : in_an_hour_ns);
      }
      REQUIRE(sender->send(0, 500).accepted == 500);
      CHECK(take_until(*sender, 200).left == 200);
      CHECK(sender->held() == 300);
      CHECK(sender->room() == sender->capacity() - 300);
      sender.reset();
      CHECK(recorder.count() == 200);
      for (std::size_t i = 0; i < 200; ++i) REQUIRE(recorder.at(i).number == i);
    });
  }

  TEST_CASE("P5 opened and closed many times, no descriptor, thread, program or signal is left") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 2);
      const Interface near = wire.near();
      const std::size_t descriptors = entries_of("/proc/self/fd");
      const std::size_t threads = entries_of("/proc/self/task");
      const auto kept = programs_of(getpid());
      std::set<std::uint32_t> programs;
      for (std::uint64_t i = 0; i < 12; ++i) {
        auto sender = open_xdp_sender(near);
        programs.merge(programs_of(getpid()));
        fill_numbered(*sender, 0, i, 58);
        if (i % 2 == 0) REQUIRE(sender->send(0, 1).accepted == 1);
        if (i % 4 == 0) CHECK(take_until(*sender, 1).left == 1);
      }
      CHECK(entries_of("/proc/self/fd") == descriptors);
      CHECK(entries_of("/proc/self/task") == threads);
      CHECK(programs.size() >= kept.size() + 12);
      CHECK(are_gone(programs, kept));
      struct sigaction found{};
      for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
        REQUIRE(sigaction(number, nullptr, &found) == 0);
        CHECK((found.sa_handler == SIG_DFL));
      }
    });
  }

  TEST_CASE("P5 with nothing to send its thread goes to sleep, and wakes for the next frame") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 8);
      auto sender = open_xdp_sender(wire.near());
      for (std::uint64_t i = 0; i < 2; ++i) {
        CHECK(falls_asleep("pacegate-xdp"));
        fill_numbered(*sender, 0, i, 58);
        REQUIRE(sender->send(0, 1).accepted == 1);
        const Departures departures = take_until(*sender, 1);
        CHECK(departures.left == 1);
        CHECK(departures.refused == 0);
      }
      CHECK(recorder.count() == 2);
      CHECK(recorder.at(1).number == 1);
      CHECK(falls_asleep("pacegate-xdp"));
      sender.reset();
    });
  }

  TEST_CASE("P5 two senders at a time do not disturb each other, not even as one ends") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 2);
      auto first = open_xdp_sender(wire.near());
      auto second = open_xdp_sender(wire.near());
      for (auto* sender : {first.get(), second.get()}) {
        for (std::uint64_t i = 0; i < 1000; ++i) fill_numbered(*sender, i, i, 58);
        REQUIRE(sender->send(0, 1000).accepted == 1000);
      }
      const Departures left = take_until(*first, 1000);
      CHECK(left.left == 1000);
      CHECK(left.refused == 0);
      first.reset();
      const Departures others = take_until(*second, 1000);
      CHECK(others.left == 1000);
      CHECK(others.refused == 0);
      CHECK(recorder.count() == 2000);
    });
  }

  TEST_CASE("P5 a process that is killed leaves no program behind" *
            doctest::skip(kNoThreadsAfterFork)) {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 2);
      const auto kept = programs_of(getpid());
      const Interface near = wire.near();
      ChildProcess child([&] {
        auto sender = open_xdp_sender(near);
        fill_numbered(*sender, 0, 7, 58);
        (void)sender->send(0, 1);
        pause();
      });
      for (int attempt = 0; attempt < 2000 && recorder.count() == 0; ++attempt) rest_a_little();
      CHECK(recorder.count() == 1);
      const auto programs = programs_of(child.id());
      CHECK(programs.size() > kept.size());
      child.kill_now();
      CHECK(are_gone(programs, kept));
    });
  }

  TEST_CASE("P5 a device whose driver takes no redirected frames is refused, with the way out") {
    in_private_network([] {
      const Wire wire;
      const std::string message = refusal(wire.near(), Fault::not_supported);
      CHECK(contains(message, "near"));
      CHECK(contains(message, "ethtool -K NAME gro on"));
      CHECK_FALSE(xdp_support(wire.near()).available);
      {
        const AttachedXdp peer(wire.far(), xdp_always(XDP_DROP));
        CHECK(xdp_support(wire.near()).available);
        CHECK(xdp_support(wire.near()).reason.empty());
      }
      CHECK_FALSE(xdp_support(wire.near()).available);
      CHECK(contains(refusal(find_interface("lo"), Fault::not_supported), "no Ethernet"));
      run("ip link add link near name odd type macvlan && ip link set odd up");
      CHECK(contains(refusal(find_interface("odd"), Fault::not_supported), "macvlan"));
      run("ip link set near down");
      CHECK(contains(refusal(wire.near(), Fault::interface_down), "near"));
    });
  }

  TEST_CASE("P5 where the driver does not say, a trial frame tells") {
    in_private_network([] {
      const Wire wire;
      auto peer = std::make_unique<XdpRecorder>(wire.far(), 2);
      auto sender = open_xdp_sender(wire.near());
      CHECK(takes_redirected_frames(*sender, wire.near()));
      CHECK(peer->count() == 1);
      CHECK(peer->at(0).bytes == 60);
      peer.reset();
      CHECK_FALSE(takes_redirected_frames(*sender, wire.near()));
    });
  }

  TEST_CASE("P5 without the privilege it is refused, and what is needed is named") {
    in_private_network([] {
      const Wire wire;
      const AttachedXdp peer(wire.far(), xdp_always(XDP_DROP));
      const Interface near = wire.near();
      const std::string said = said_by_child([&]() -> std::string {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct none[2]{};
        if (syscall(SYS_capset, &header, none) != 0) return "cannot give up privileges";
        try {
          (void)open_xdp_sender(near);
        } catch (const PlatformError& error) {
          return std::string(fault_name(error.fault())) + ": " + error.what();
        }
        return "was opened";
      });
      CHECK(contains(said, "not_permitted: "));
      CHECK(contains(said, "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"));
    });
  }
}

#endif
