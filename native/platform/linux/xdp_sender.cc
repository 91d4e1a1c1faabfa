/// \file
/// Frames sent by an XDP program which the kernel runs over and over ("live frames", Linux 5.18): the
/// fastest way out of an unchanged kernel, and each frame leaves at the time its slot names.
#include <algorithm>
#include <cerrno>

#include "core/time.h"
#include "platform/error.h"
#include "platform/linux/bpf_objects.h"
#include "platform/linux/link_state.h"
#include "platform/linux/xdp_call.h"
#include "platform/linux/xdp_features.h"
#include "platform/linux/xdp_refusals.h"
#include "platform/linux/xdp_ring.h"
#include "platform/linux/xdp_trial.h"
#include "platform/packet_sender.h"
#include "platform/xdp_support.h"

namespace pacegate::platform {
namespace {

// Longer than a sleeping thread is usually late, and at 6 M frames a second not more than half of the
// slots. A change of rate shows after that time.
constexpr std::uint64_t kLeadNs = 5 * kNsPerMs;

class XdpSender final : public PacketSender {
 public:
  XdpSender(const Interface& interface, const XdpOptions& options)
      : ring_(options.largest_frame),
        call_(ring_, interface, std::min(options.usual_frame, ring_.frame_bytes())),
        refusals_(ring_, call_.counts_refused(), interface.index) {}

  std::size_t capacity() const noexcept override { return ring_.count(); }
  std::span<std::uint8_t> slot(std::size_t index) noexcept override {
    return ring_.frame(head_ + index);
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    ring_.header(head_ + index).length =
        static_cast<std::uint16_t>(std::min(bytes, ring_.frame_bytes()));
  }
  void set_departure(std::size_t index, std::uint64_t at_ns) noexcept override {
    ring_.header(head_ + index).at_ns = at_ns;
  }
  SendReport send(std::size_t first, std::size_t count) noexcept override;
  bool takes_ethernet() const noexcept override { return true; }
  const char* backend() const noexcept override { return "xdp"; }

  std::uint64_t lead_ns() const noexcept override { return kLeadNs; }
  std::size_t room() noexcept override { return ring_.count() - (head_ - taken_); }
  Departures take_departures(LatencyHistogram& gaps) noexcept override;
  DepartedFrame departed(std::size_t index) const noexcept override {
    const XdpSlotHeader& header = ring_.header(told_ + index);
    return {ring_.frame(told_ + index).first(header.length), header.at_ns};
  }
  std::size_t held() noexcept override { return head_ - tail(); }

 private:
  [[nodiscard]] std::uint64_t tail() const noexcept {
    return shared_word(ring_.control().tail).load(std::memory_order_acquire);
  }

  XdpRing ring_;
  XdpCall call_;  // after the ring: ended before it goes
  XdpRefusals refusals_;
  std::uint64_t head_ = 0;     // frames handed over
  std::uint64_t taken_ = 0;    // of these, told of by take_departures(); their slots are free
  std::uint64_t told_ = 0;     // taken_ before the last take_departures()
  std::uint64_t refused_ = 0;  // told of
  std::uint64_t last_left_ns_ = 0;
};

SendReport XdpSender::send(std::size_t /*first*/, std::size_t count) noexcept {
  SendReport report;
  if (call_.failure() != 0) {
    report.outcome = SendOutcome::failed;
    report.system_error = call_.failure();
    return report;
  }
  report.accepted = std::min(count, room());
  if (report.accepted < count) {
    report.outcome = SendOutcome::busy;
    report.system_error = ENOBUFS;
  }
  head_ += report.accepted;
  shared_word(ring_.control().head).store(head_);  // and then: see XdpCall::rest()
  call_.notice();
  return report;
}

Departures XdpSender::take_departures(LatencyHistogram& gaps) noexcept {
  Departures departures;
  // Before the tail, which is raised first: never more refused than left.
  const std::uint64_t refused = refusals_.total();
  const std::uint64_t end = tail();
  departures.left = end - taken_;
  told_ = taken_;
  departures.refused = refused - refused_;
  refused_ = refused;
  if (end == taken_) return departures;
  departures.first_ns = ring_.header(taken_).at_ns;
  for (; taken_ < end; ++taken_) {
    const std::uint64_t left_ns = ring_.header(taken_).at_ns;
    if (last_left_ns_ != 0) gaps.record(left_ns - last_left_ns_);
    last_left_ns_ = left_ns;
  }
  departures.last_ns = last_left_ns_;
  return departures;
}

[[noreturn]] void refuse(const Interface& interface, const std::string& reason) {
  // The one reason that is the process's and not the device's.
  const Fault fault = reason == kBpfHint ? Fault::not_permitted : Fault::not_supported;
  throw PlatformError(fault, "cannot send through XDP on " + interface.name + ": " + reason);
}

}  // namespace

std::unique_ptr<PacketSender> open_xdp_sender(const Interface& interface,
                                              const XdpOptions& options) {
  require_link_up(interface);
  if (options.largest_frame > kXdpLargestFrame) {
    refuse(interface, "it takes frames of at most " + std::to_string(kXdpLargestFrame) + " bytes");
  }
  const XdpSupport support = xdp_support(interface);
  if (!support.available) refuse(interface, support.reason);
  auto sender = std::make_unique<XdpSender>(interface, options);
  if (!xdp_features(interface.index) && !takes_redirected_frames(*sender, interface)) {
    refuse(interface, "a trial frame did not get through; its driver has no ndo_xdp_xmit");
  }
  return sender;
}

}  // namespace pacegate::platform
