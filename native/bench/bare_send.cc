/// \file
/// The most that a loop over a packet socket reaches here: one SYN again and again, by send(), or by sendmmsg() in
/// batches. Linux only.
///
/// usage: pacegate_bench_bare_send IFACE SOURCE-MAC DESTINATION-MAC SECONDS [BATCH]
/// Prints one line of JSON. The socket options are those of the packet backend.
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/time.h"
#include "packet/syn_template.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace {

constexpr std::size_t kMaxBatch = 1024;
constexpr int kSendBufferBytes = 4 << 20;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

pacegate::packet::MacAddress mac(const char* text) {
  std::array<unsigned, 6> parts{};
  if (std::sscanf(text, "%x:%x:%x:%x:%x:%x", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4],
                  &parts[5]) != 6) {
    throw std::runtime_error(std::string("no MAC address: ") + text);
  }
  pacegate::packet::MacAddress address{};
  std::copy(parts.begin(), parts.end(), address.bytes.begin());
  return address;
}

/// 10.77.9.1 asks 10.78.0.1 for port 80.
std::vector<std::uint8_t> syn(const char* source, const char* destination) {
  using pacegate::IpAddress;
  const pacegate::packet::SynTemplate syn_template(
      {.source = IpAddress::v4(0x0a4d0901),
       .source_port = 61000,
       .hop_limit = 64,
       .ethernet = pacegate::packet::EthernetPair{mac(source), {}}});
  std::vector<std::uint8_t> frame(128);
  const pacegate::packet::SynProbe probe{
      .destination = IpAddress::v4(0x0a4e0001), .destination_port = 80, .sequence = 1, .ip_id = 1};
  frame.resize(syn_template.render(probe, mac(destination), frame));
  return frame;
}

int open_socket(const char* interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  const int on = 1;
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes, sizeof kSendBufferBytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(interface);
  return fd;
}

/// One system call. \return packets taken; 0 when the device was busy
std::size_t send_some(int fd, const std::vector<std::uint8_t>& frame,
                      std::vector<mmsghdr>& messages) {
  const ssize_t taken =
      messages.size() == 1
          ? (send(fd, frame.data(), frame.size(), MSG_DONTWAIT) < 0 ? -1 : 1)
          : sendmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT);
  if (taken > 0) return static_cast<std::size_t>(taken);
  if (errno != EAGAIN && errno != ENOBUFS) fail("send");
  return 0;
}

void run(char** argv, std::uint64_t seconds, std::size_t batch) {
  std::vector<std::uint8_t> frame = syn(argv[2], argv[3]);
  iovec vector{frame.data(), frame.size()};
  std::vector<mmsghdr> messages(batch);
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &vector;
    message.msg_hdr.msg_iovlen = 1;
  }
  const int fd = open_socket(argv[1]);
  const std::uint64_t start_ns = pacegate::platform::monotonic_ns();
  const std::uint64_t end_ns = start_ns + seconds * pacegate::kNsPerSecond;
  std::uint64_t packets = 0;
  std::uint64_t busy = 0;
  std::uint64_t now_ns = start_ns;
  for (std::uint64_t call = 0; now_ns < end_ns; ++call) {
    const std::size_t taken = send_some(fd, frame, messages);
    packets += taken;
    busy += taken == 0 ? 1 : 0;
    if (batch > 1 || call % 64 == 0) now_ns = pacegate::platform::monotonic_ns();
  }
  close(fd);
  const double elapsed = static_cast<double>(now_ns - start_ns) / 1e9;
  const auto sent = static_cast<double>(packets);
  std::printf(
      R"({"packets":%.0f,"seconds":%.3f,"packetsPerSecond":%.0f,"cpuNsPerPacket":%.0f,"busy":%llu})"
      "\n",
      sent, elapsed, sent / elapsed,
      static_cast<double>(pacegate::platform::thread_cpu_ns()) / sent,
      static_cast<unsigned long long>(busy));
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc >= 5 ? std::atoi(argv[4]) : 0;
  const int batch = argc == 6 ? std::atoi(argv[5]) : 1;
  if (seconds < 1 || batch < 1 || batch > static_cast<int>(kMaxBatch)) {
    std::fputs("usage: pacegate_bench_bare_send IFACE SOURCE-MAC DESTINATION-MAC SECONDS [BATCH]\n",
               stderr);
    return 2;
  }
  try {
    run(argv, static_cast<std::uint64_t>(seconds), static_cast<std::size_t>(batch));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacegate_bench_bare_send: %s\n", error.what());
    return 1;
  }
}
