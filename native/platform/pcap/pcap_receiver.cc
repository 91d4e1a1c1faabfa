/// \file
/// Capturing through libpcap, which is never asked to wait: it says "nothing there" at once, and what
/// sleeps is ours and can be woken.
#include <algorithm>

#include "core/time.h"
#include "packet/layout.h"
#include "platform/clock.h"
#include "platform/packet_clock.h"
#include "platform/packet_receiver.h"
#include "platform/pcap/pcap_device.h"
#include "platform/pcap/pcap_filter.h"
#include "platform/pcap/pcap_host.h"

namespace pacegate::platform {
namespace {

/// As much of a packet as the AF_PACKET receiver keeps.
constexpr std::size_t kKeptBytes = 176;
constexpr PcapRoom kRoom{.snapshot_bytes = static_cast<int>(kKeptBytes + kLongestLinkHeader),
                         .buffer_bytes = 8 << 20};
/// After packets the reader rests this long instead of being woken by each.
constexpr std::uint64_t kRestNs = 500'000;
/// With this many in one go there is no point in resting.
constexpr std::size_t kBusyPackets = 512;
/// Packets taken in one go, so that a flood cannot keep the caller.
constexpr std::size_t kMaxPackets = 16'384;
/// Not every system can be waited for reliably: it is looked at this often in any case.
constexpr std::uint64_t kSliceNs = 10 * kNsPerMs;
/// How long a packet may be on its way from the device into libpcap's buffer. Immediate mode keeps
/// none back, but the systems differ in when they run: more than a clock tick of Windows.
constexpr std::uint64_t kDeliveryMarginNs = 20 * kNsPerMs;

class PcapReceiver final : public PacketReceiver {
 public:
  PcapReceiver(const Interface& interface, const ReceiveFilter& filter)
      : interface_index_(interface.index),
        device_(interface, kRoom),
        wait_(make_capture_wait(device_.functions(), device_.handle())) {
    if (interface.link != LinkType::loopback) device_.ignore_outgoing();
    attach(filter);
  }

  std::uint64_t receive(std::uint64_t deadline_ns, const Handler& handler) override;
  packet::MacAddress sender_mac() const noexcept override;
  void wake() noexcept override { wait_->wake(); }
  ReceiverCounters counters() noexcept override;

 private:
  void attach(const ReceiveFilter& filter);
  std::size_t drain(const Handler& handler);
  void hand_over(const libpcap::PacketHeader& header, const std::uint8_t* bytes,
                 const Handler& handler);
  void advance_watermark(std::uint64_t heard_ns) noexcept;

  std::uint32_t interface_index_;
  PcapDevice device_;
  std::unique_ptr<CaptureWait> wait_;
  PacketClock clock_;
  const std::uint8_t* frame_ = nullptr;  // being handed over, with its link header
  std::size_t last_drained_ = 0;
  std::uint64_t watermark_ns_ = 0;
  std::uint64_t last_packet_ns_ = 0;
  std::uint64_t handed_over_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint32_t dropped_seen_ = 0;  // libpcap's own count, which wraps around
};

void PcapReceiver::attach(const ReceiveFilter& filter) {
  if (filter.everything) return;
  const std::string text = pcap_filter_text(filter, device_.link_header() == LinkHeader::ethernet);
  if (text.empty()) {
    device_.filter_out_everything();
  } else {
    device_.filter(text);
  }
}

std::uint64_t PcapReceiver::receive(std::uint64_t deadline_ns, const Handler& handler) {
  const bool rest = last_drained_ > 0 && last_drained_ < kBusyPackets;
  bool woken =
      rest && wait_->wait(std::min(deadline_ns, monotonic_ns() + kRestNs), CaptureWait::For::wake);
  last_drained_ = drain(handler);
  while (last_drained_ == 0 && !woken) {
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns >= deadline_ns) break;
    woken =
        wait_->wait(std::min(deadline_ns, now_ns + kSliceNs), CaptureWait::For::wake_or_packets);
    last_drained_ = drain(handler);
  }
  return watermark_ns_;
}

std::size_t PcapReceiver::drain(const Handler& handler) {
  clock_.synchronise();
  for (std::size_t taken = 0; taken < kMaxPackets; ++taken) {
    const std::uint64_t before_look_ns = monotonic_ns();
    libpcap::PacketHeader* header = nullptr;
    const std::uint8_t* bytes = nullptr;
    // 0: nothing there. Below: the device is down or gone, and nothing comes from it until it is
    // back.
    if (device_.functions().next_ex(device_.handle(), &header, &bytes) <= 0) {
      advance_watermark(before_look_ns);
      return taken;
    }
    hand_over(*header, bytes, handler);
  }
  advance_watermark(last_packet_ns_);
  return kMaxPackets;
}

void PcapReceiver::hand_over(const libpcap::PacketHeader& header, const std::uint8_t* bytes,
                             const Handler& handler) {
  const auto packet = strip_link_header(device_.link_header(), {bytes, header.captured_bytes});
  const std::uint64_t wall_ns = static_cast<std::uint64_t>(header.time.tv_sec) * kNsPerSecond +
                                static_cast<std::uint64_t>(header.time.tv_usec) * 1'000;
  last_packet_ns_ = clock_.to_monotonic(wall_ns, watermark_ns_);
  ++handed_over_;
  if (!packet) return;
  frame_ = bytes;
  const auto link_bytes = header.captured_bytes - static_cast<std::uint32_t>(packet->bytes.size());
  handler({packet->bytes.first(std::min(packet->bytes.size(), kKeptBytes)), packet->ether_type,
           last_packet_ns_, interface_index_, header.wire_bytes - link_bytes});
}

packet::MacAddress PcapReceiver::sender_mac() const noexcept {
  packet::MacAddress mac;
  if (device_.link_header() == LinkHeader::ethernet) {
    std::copy_n(frame_ + packet::ethernet::kSource, mac.bytes.size(), mac.bytes.begin());
  }
  return mac;
}

void PcapReceiver::advance_watermark(std::uint64_t heard_ns) noexcept {
  const std::uint64_t certain_ns = heard_ns - std::min(heard_ns, kDeliveryMarginNs);
  watermark_ns_ = std::max(watermark_ns_, certain_ns);
}

ReceiverCounters PcapReceiver::counters() noexcept {
  libpcap::Statistics now{};
  if (device_.functions().stats(device_.handle(), &now) == 0) {
    dropped_ += now.dropped - dropped_seen_;
    dropped_seen_ = now.dropped;
  }
  // What libpcap counts as received is before the filter on some systems, and behind it on others.
  return {.packets = handed_over_ + dropped_, .dropped = dropped_};
}

}  // namespace

std::unique_ptr<PacketReceiver> open_pcap_receiver(const Interface& interface,
                                                   const ReceiveFilter& filter) {
  return std::make_unique<PcapReceiver>(interface, filter);
}

}  // namespace pacegate::platform
