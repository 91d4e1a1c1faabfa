/// \file
/// pacegate_bench_flood FROM TO SECONDS ANSWERS_PER_S ROOM: what the capture thread of a scan takes. FROM and TO are
/// the two ends of a veth pair, both in this network namespace; ANSWERS_PER_S 0 sends as fast as it goes; ROOM is the
/// capture ring's, in packets.
///
/// SYN-ACKs to a scan of 2^20 pairs, each with the right cookie, in the scan's own order; as many of them as fit the
/// time, the scan begun anew in between. Prints one line of JSON. Two figures matter: `dropped` (answers that found
/// the ring full) and `captureNs` (CPU time of the capture thread an answer). The kernel's half of the work, filter
/// and copy, is charged to whoever sends on a veth pair.
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/scan/probe_cookie.h"
#include "core/time.h"
#include "engine/scan/capture_loop.h"
#include "engine/scan/scan_context.h"
#include "packet/build.h"
#include "platform/clock.h"
#include "platform/interface.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "platform/thread.h"
#include "platform/waiter.h"

namespace {

using namespace pacegate;

constexpr std::uint32_t kPairs = 1U << 20;
constexpr std::uint16_t kSourcePort = 61'000;
constexpr std::uint16_t kTargetPort = 443;
constexpr std::size_t kFrameBytes = 54;
const IpAddress kUs = IpAddress::v4(0x0a000001);
const IpAddress kFirstTarget = IpAddress::v4(0x0b000000);

using Frame = std::array<std::uint8_t, kFrameBytes>;

ScanOptions options_of_scan() {
  ScanOptions options;
  options.ranges = {{kFirstTarget, kFirstTarget.plus(kPairs - 1)}};
  options.ports = {kTargetPort};
  options.rate = 1e6;
  options.retries = 0;
  options.timeout_ns = kNsPerSecond;
  options.seed = 42;
  options.cookie_key = {1, 2};
  options.source_port = kSourcePort;
  return options;
}

Network network_over(const platform::Interface& device, std::uint32_t room) {
  Network network;
  Link link;
  link.interface = device;
  link.sender = platform::open_packet_sender(device);
  link.receiver = platform::open_packet_receiver(
      device, {.tcp_port = kSourcePort, .icmp_errors = true, .neighbours = true, .room = room});
  network.links.push_back(std::move(link));
  network.paths.push_back({0, kUs, std::nullopt});
  network.ranges.push_back({kFirstTarget, kPairs, 0});
  return network;
}

/// The answers of all pairs in the order in which they are probed.
std::vector<Frame> render_answers(const ScanContext& scan, const packet::MacAddress& to) {
  std::vector<Frame> frames(kPairs);
  for (std::uint32_t position = 0; position < kPairs; ++position) {
    Frame& frame = frames[position];
    frame = {};
    std::copy(to.bytes.begin(), to.bytes.end(), frame.begin());
    frame[12] = packet::kEtherTypeIpv4 >> 8;
    const IpAddress target = scan.plan.at(scan.order.map(position)).address;
    packet::TcpFields fields;
    fields.source = target;
    fields.destination = kUs;
    fields.source_port = kTargetPort;
    fields.destination_port = kSourcePort;
    fields.acknowledgment =
        probe_cookie(scan.options.cookie_key, kUs, target, kSourcePort, kTargetPort) + 1;
    fields.flags = packet::kTcpSyn | packet::kTcpAck;
    (void)packet::build_tcp(fields, std::span(frame).subspan(14));
  }
  return frames;
}

/// Sends answers until the time is over. \return how many
class Flood {
 public:
  Flood(ScanContext& scan, const platform::Interface& from, const platform::Interface& to)
      : scan_(scan),
        sender_(platform::open_packet_sender(from)),
        frames_(render_answers(scan, to.mac)) {}

  std::uint64_t run(std::uint64_t seconds, double rate) {
    const std::uint64_t start_ns = platform::monotonic_ns();
    const std::uint64_t end_ns = start_ns + seconds * kNsPerSecond;
    std::uint64_t sent = 0;
    for (std::uint64_t now_ns = start_ns; now_ns < end_ns; now_ns = platform::monotonic_ns()) {
      const double due = rate == 0 ? 64.0
                                   : static_cast<double>(now_ns - start_ns) * rate / 1e9 -
                                         static_cast<double>(sent);
      if (due < 1) {
        waiter_.wait_until(now_ns + 200'000);
        continue;
      }
      sent += send(sent, std::min<std::size_t>(64, static_cast<std::size_t>(due)), now_ns);
    }
    return sent;
  }

 private:
  std::size_t send(std::uint64_t first, std::size_t count, std::uint64_t now_ns) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t position = (first + i) % kPairs;
      scan_.window.open(position, now_ns);
      std::copy(frames_[position].begin(), frames_[position].end(), sender_->slot(i).begin());
      sender_->set_length(i, kFrameBytes);
    }
    return sender_->send(0, count).accepted;
  }

  ScanContext& scan_;
  std::unique_ptr<platform::PacketSender> sender_;
  std::vector<Frame> frames_;
  platform::Waiter waiter_;
};

struct Outcome {
  std::uint64_t sent = 0;
  std::uint64_t drained = 0;
};

Outcome run(ScanContext& scan, Flood& flood, std::uint64_t seconds, double rate) {
  Outcome outcome;
  std::atomic<bool> is_over{false};
  std::thread capture([&] { CaptureLoop(scan, 0).run(); });
  std::thread reader([&] {  // as JavaScript does, fifty times a second
    std::vector<ScanRecord> records(65'536);
    platform::Waiter waiter;
    for (bool last = false; !last;) {
      last = is_over;
      outcome.drained += scan.feeds[0]->records.pop(records);
      waiter.wait_until(platform::monotonic_ns() + 20 * kNsPerMs);
    }
  });
  outcome.sent = flood.run(seconds, rate);
  platform::Waiter().wait_until(platform::monotonic_ns() + 100 * kNsPerMs);
  scan.finished = true;
  scan.network.links[0].receiver->wake();
  capture.join();
  is_over = true;
  reader.join();
  return outcome;
}

void print(const ScanSlots& slots, const Outcome& outcome, std::uint64_t seconds) {
  const auto per_second = static_cast<double>(outcome.sent) / static_cast<double>(seconds);
  const double cpu_ns = slots.get(kSlotCaptureCpuNs);
  std::printf(R"({"sent":%llu,"perSecond":%.0f,"received":%.0f,"dropped":%.0f,"accepted":%.0f,)"
              R"("refused":%.0f,"drained":%llu,"captureNs":%.1f,"captureCpuPercent":%.3f})"
              "\n",
              static_cast<unsigned long long>(outcome.sent), per_second, slots.get(kSlotReceived),
              slots.get(kSlotReceiveDropped), slots.get(kSlotOpen),
              slots.get(kSlotInvalid) + slots.get(kSlotDuplicates) + slots.get(kSlotLate),
              static_cast<unsigned long long>(outcome.drained), cpu_ns / slots.get(kSlotReceived),
              cpu_ns / static_cast<double>(seconds) / 1e7);
}

/// A whole number up to 10^8, else -1.
std::int64_t number(const char* text) {
  std::int64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stopped, error] = std::from_chars(text, end, value);
  return error == std::errc() && stopped == end && value <= 100'000'000 ? value : -1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t seconds = argc == 6 ? number(argv[3]) : -1;
  const std::int64_t rate = argc == 6 ? number(argv[4]) : -1;
  const std::int64_t room = argc == 6 ? number(argv[5]) : -1;
  if (seconds < 1 || rate < 0 || room < 0) {
    std::fputs("usage: pacegate_bench_flood FROM TO SECONDS ANSWERS-PER-S ROOM\n", stderr);
    return 2;
  }
  try {
    const auto from = platform::find_interface(argv[1]);
    const auto to = platform::find_interface(argv[2]);
    ScanSlots slots;
    ScanContext scan(options_of_scan(), network_over(to, static_cast<std::uint32_t>(room)), slots);
    Flood flood(scan, from, to);
    const auto whole_seconds = static_cast<std::uint64_t>(seconds);
    print(slots, run(scan, flood, whole_seconds, static_cast<double>(rate)), whole_seconds);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacegate_bench_flood: %s\n", error.what());
    return 1;
  }
}
