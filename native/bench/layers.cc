/// \file
/// A scan whose packets go nowhere, to count what the layers of limiting cost: run under
/// `valgrind --tool=callgrind --toggle-collect='pacegate::SendLoop::run*'`.
///
/// usage: pacegate_bench_layers PACKETS RATE [adaptive] [caps] [record]
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "core/time.h"
#include "engine/scan/network.h"
#include "engine/scan/scan_engine.h"
#include "engine/scan/scan_slots.h"
#include "platform/clock.h"
#include "platform/waiter.h"

namespace {

using namespace pacegate;

/// Takes every frame and forgets it.
class NullSender final : public platform::PacketSender {
 public:
  std::size_t capacity() const noexcept override { return slots_.size(); }
  std::span<std::uint8_t> slot(std::size_t index) noexcept override { return slots_[index]; }
  void set_length(std::size_t /*index*/, std::size_t /*bytes*/) noexcept override {}
  platform::SendReport send(std::size_t /*first*/, std::size_t count) noexcept override {
    return {.accepted = count};
  }
  bool takes_ethernet() const noexcept override { return false; }
  const char* backend() const noexcept override { return "none"; }

 private:
  std::array<std::array<std::uint8_t, kSlotBytes>, 512> slots_{};
};

/// Nobody answers.
class NullReceiver final : public platform::PacketReceiver {
 public:
  std::uint64_t receive(std::uint64_t deadline_ns, const Handler& /*handler*/) override {
    waiter_.wait_until(deadline_ns);
    return platform::monotonic_ns();
  }
  void wake() noexcept override { waiter_.wake(); }
  platform::ReceiverCounters counters() noexcept override { return {}; }

 private:
  platform::Waiter waiter_;
};

IpAddress address(std::uint32_t value) {
  const std::array<std::uint8_t, 4> bytes{
      static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
      static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  return IpAddress::from_bytes(bytes);
}

Network nowhere(std::uint64_t addresses) {
  Network network;
  Link link;
  link.sender = std::make_unique<NullSender>();
  link.receiver = std::make_unique<NullReceiver>();
  network.links.push_back(std::move(link));
  network.paths.push_back({0, address(0x0a4d0901), std::nullopt});
  network.ranges.push_back({address(0x0a800000), addresses, 0});
  return network;
}

void scan(ScanOptions options, std::uint64_t packets) {
  constexpr std::uint64_t kPorts = 16;
  for (std::uint16_t port = 1; port <= kPorts; ++port) options.ports.push_back(port);
  auto slots = std::make_unique<ScanSlots>();
  ScanEngine engine(options, nowhere(packets / kPorts), *slots);
  engine.start();
  platform::Waiter waiter;
  while (slots->get_acquired(kSlotPhase) < static_cast<double>(ScanPhase::done)) {
    waiter.wait_until(platform::monotonic_ns() + kNsPerMs);
  }
  std::printf(R"({"sent":%.0f})"
              "\n",
              slots->get(kSlotSent));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: pacegate_bench_layers PACKETS RATE [adaptive] [caps] [record]\n", stderr);
    return 2;
  }
  std::uint64_t packets = 0;
  ScanOptions options;
  std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), packets);
  std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), options.rate);
  options.retries = 0;
  options.timeout_ns = 100 * kNsPerMs;
  options.report_mask = 0;
  for (const char* argument : std::span(argv, static_cast<std::size_t>(argc)).subspan(3)) {
    if (argument == std::string_view("adaptive")) options.adaptive_rate = true;
    if (argument == std::string_view("caps")) options.caps.target_rate = 1e6;
    if (argument == std::string_view("record")) options.record.file = "/dev/null";
  }
  scan(options, packets);
  return 0;
}
