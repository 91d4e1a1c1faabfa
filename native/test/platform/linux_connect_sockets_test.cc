// Attempts to connect over loopback.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <thread>
#include <vector>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/connect_sockets.h"
#include "platform/linux/file_descriptor.h"

using namespace pacegate;
using namespace pacegate::platform;

namespace {

const IpAddress kLoopback = IpAddress::v4(0x7f000001);

struct Listener {
  FileDescriptor fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;

  /// \param backlog connections that nobody accepts and that are made all the same
  explicit Listener(int backlog = 128) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), bytes) == 0);
    REQUIRE(listen(fd.get(), backlog) == 0);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
    port = ntohs(address.sin_port);
  }
};

std::uint16_t closed_port() {
  return Listener().port;
}

ConnectAttempt attempt(std::uint16_t port, std::uint32_t tag) {
  return {.source = kLoopback, .target = kLoopback, .port = port, .tag = tag};
}

using Found = std::map<std::uint32_t, ConnectResult>;

std::uint64_t collect(ConnectSockets& sockets, std::uint64_t wait_ns, Found& found) {
  return sockets.collect(monotonic_ns() + wait_ns, [&](const ConnectOutcome& outcome) {
    CHECK(found.emplace(outcome.attempt.tag, outcome.result).second);
    CHECK(outcome.at_ns <= monotonic_ns());
  });
}

}  // namespace

TEST_SUITE("connect sockets") {
  TEST_CASE("each attempt has one outcome, and sockets are used again and again") {
    const Listener listener;
    const std::uint16_t closed = closed_port();
    const auto sockets = open_connect_sockets({.max_sockets = 4, .timeout_ns = 10 * kNsPerSecond});
    Found found;
    for (std::uint32_t tag = 0; tag < 3000;) {
      const std::uint16_t port = tag % 3 == 0 ? listener.port : closed;
      const SendReport report = sockets->start(attempt(port, tag));
      if (report.accepted == 1) ++tag;
      sockets->flush();
      // The listener's backlog must not fill up: a reset connection leaves it when it is accepted.
      if (port == listener.port && report.accepted == 1) {
        const FileDescriptor accepted(accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
      }
      if (tag % 64 == 0) collect(*sockets, 0, found);
    }
    for (int i = 0; i < 100 && found.size() < 3000; ++i) collect(*sockets, 10 * kNsPerMs, found);
    REQUIRE(found.size() == 3000);
    for (const auto& [tag, result] : found) {
      CHECK(result == (tag % 3 == 0 ? ConnectResult::open : ConnectResult::refused));
    }
  }

  TEST_CASE("silence takes a place until the time-out, and is told by nothing") {
    const Listener full(0);
    const FileDescriptor filler(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(full.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(filler.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const auto sockets = open_connect_sockets({.max_sockets = 2, .timeout_ns = 20 * kNsPerMs});
    Found found;
    for (std::uint32_t tag = 0; tag < 2; ++tag) {
      REQUIRE(sockets->start(attempt(full.port, tag)).accepted == 1);
    }
    const SendReport none_left = sockets->start(attempt(full.port, 2));
    CHECK(none_left.accepted == 0);
    CHECK(none_left.outcome == SendOutcome::busy);
    CHECK(none_left.system_error == 0);
    const std::uint64_t from_ns = monotonic_ns();
    while (monotonic_ns() < from_ns + 30 * kNsPerMs) collect(*sockets, 5 * kNsPerMs, found);
    CHECK(found.empty());
    CHECK(sockets->start(attempt(closed_port(), 3)).accepted == 1);
    collect(*sockets, 0, found);
    CHECK(found == Found{{3, ConnectResult::refused}});
  }

  TEST_CASE("without descriptors it is busy, and goes on when there are some") {
    const std::uint16_t closed = closed_port();
    const auto sockets = open_connect_sockets({.max_sockets = 4, .timeout_ns = kNsPerSecond});
    rlimit usual{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &usual) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = usual.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const SendReport short_of = sockets->start(attempt(closed, 1));
    REQUIRE(setrlimit(RLIMIT_NOFILE, &usual) == 0);
    CHECK(short_of.outcome == SendOutcome::busy);
    CHECK(short_of.system_error == EMFILE);
    CHECK(sockets->start(attempt(closed, 2)).accepted == 1);
  }

  TEST_CASE("one thread starts attempts, another takes their outcomes") {
    constexpr std::uint32_t kAttempts = 2000;
    const std::uint16_t closed = closed_port();
    const auto sockets = open_connect_sockets({.max_sockets = 8, .timeout_ns = 10 * kNsPerSecond});
    Found found;
    std::thread reader([&] {
      const std::uint64_t end_ns = monotonic_ns() + 30 * kNsPerSecond;
      while (found.size() < kAttempts && monotonic_ns() < end_ns) {
        collect(*sockets, 10 * kNsPerMs, found);
      }
    });
    for (std::uint32_t tag = 0; tag < kAttempts; sockets->flush()) {
      tag += static_cast<std::uint32_t>(sockets->start(attempt(closed, tag)).accepted);
    }
    reader.join();
    CHECK(found.size() == kAttempts);
  }

  TEST_CASE("a thread that waits is woken, and what it was told of is of the past") {
    const auto sockets = open_connect_sockets({.max_sockets = 1, .timeout_ns = kNsPerSecond});
    std::uint64_t heard = 0;
    Found found;
    std::thread reader([&] { heard = collect(*sockets, 100 * kNsPerSecond, found); });
    sockets->wake();
    reader.join();
    CHECK(heard <= monotonic_ns());
    CHECK(found.empty());
  }
}
