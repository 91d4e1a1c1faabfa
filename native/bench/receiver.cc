/// \file
/// pacegate_bench_receiver IFACE SECONDS EXPECTED: counts the TCP SYNs that arrive at a device, whoever sends them.
///
/// Prints "ready" when it captures, then captures until its standard input ends, then prints one line of JSON. The
/// times are the kernel's, taken as a packet arrives; how late this program reads them does not matter.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "bench/arrivals.h"
#include "core/time.h"
#include "packet/parse.h"
#include "platform/clock.h"
#include "platform/packet_receiver.h"

namespace {

using pacegate::bench::Arrivals;
using pacegate::bench::WindowCounts;

/// A SYN without ACK: no answer, and nothing that a kernel sends on its own account.
bool is_probe(const pacegate::platform::ReceivedPacket& received) {
  const auto ip = pacegate::packet::parse_ip(received.bytes);
  if (!ip || ip->protocol != pacegate::packet::kProtocolTcp) return false;
  const auto segment = pacegate::packet::parse_tcp(ip->payload);
  constexpr unsigned kBoth = pacegate::packet::kTcpSyn | pacegate::packet::kTcpAck;
  return segment && (segment->flags & kBoth) == pacegate::packet::kTcpSyn;
}

void capture(pacegate::platform::PacketReceiver& receiver, Arrivals& arrivals) {
  std::atomic<bool> is_over{false};
  std::thread watcher([&] {
    while (std::cin.get() != std::char_traits<char>::eof()) {
    }
    is_over = true;
    receiver.wake();
  });
  const auto count = [&arrivals](const pacegate::platform::ReceivedPacket& received) {
    if (is_probe(received)) arrivals.add(received.at_ns);
  };
  while (!is_over) {
    receiver.receive(pacegate::platform::monotonic_ns() + pacegate::kNsPerSecond, count);
  }
  receiver.receive(pacegate::platform::monotonic_ns(), count);  // what came while it was being told
  watcher.join();
}

void print_windows(const char* name, const WindowCounts& counts) {
  std::printf(
      R"(,"%s":{"windows":%llu,"p50":%llu,"p99":%llu,"max":%llu})", name,
      static_cast<unsigned long long>(counts.windows), static_cast<unsigned long long>(counts.p50),
      static_cast<unsigned long long>(counts.p99), static_cast<unsigned long long>(counts.max));
}

void print(const Arrivals& arrivals, std::uint64_t span_ns, std::uint64_t dropped) {
  std::printf(
      R"({"count":%zu,"firstNs":%llu,"lastNs":%llu,"meanRate":%.4f,"withinSpan":%llu,"dropped":%llu)",
      arrivals.count(), static_cast<unsigned long long>(arrivals.first_ns()),
      static_cast<unsigned long long>(arrivals.last_ns()), arrivals.mean_rate(),
      static_cast<unsigned long long>(arrivals.within(span_ns)),
      static_cast<unsigned long long>(dropped));
  print_windows("oneMs", arrivals.windows(pacegate::kNsPerMs, span_ns));
  print_windows("tenMs", arrivals.windows(10 * pacegate::kNsPerMs, span_ns));
  std::puts("}");
}

/// A whole number from 1 to 10^8, else 0.
std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stopped, error] = std::from_chars(text, end, value);
  return error == std::errc() && stopped == end && value <= 100'000'000 ? value : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seconds = argc == 4 ? number(argv[2]) : 0;
  const std::uint64_t expected = argc == 4 ? number(argv[3]) : 0;
  if (seconds == 0 || expected == 0) {
    std::fputs("usage: pacegate_bench_receiver IFACE SECONDS EXPECTED-PACKETS\n", stderr);
    return 2;
  }
  try {
    Arrivals arrivals(expected);
    const auto receiver = pacegate::platform::open_packet_receiver(
        pacegate::platform::find_interface(argv[1]), {.everything = true});
    std::puts("ready");
    std::fflush(stdout);
    capture(*receiver, arrivals);
    arrivals.sort();
    print(arrivals, seconds * pacegate::kNsPerSecond, receiver->counters().dropped);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacegate_bench_receiver: %s\n", error.what());
    return 1;
  }
}
