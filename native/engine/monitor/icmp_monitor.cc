#include "engine/monitor/icmp_monitor.h"

#include <utility>

#include "core/time.h"
#include "packet/parse.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

// Of the process, as is the rule that it keeps.
constinit std::atomic<bool> is_claimed{false};

/// Without packets the thread wakes this often, for the kernel's count of dropped ones alone.
constexpr std::uint64_t kQuietNs = kNsPerSecond;

IcmpEvent event_of(const packet::IpPacket& ip, const packet::IcmpError& error,
                   const platform::ReceivedPacket& received) noexcept {
  return {.at_ns = received.at_ns,
          .target = error.quoted_destination.key(),
          .from = ip.source.key(),
          .source = error.quoted_source.key(),
          .interface_index = received.interface_index,
          .source_port = error.quoted_source_port,
          .target_port = error.quoted_destination_port,
          .family = static_cast<std::uint8_t>(ip.source.family()),
          .type = error.type,
          .code = error.code,
          .protocol = error.quoted_protocol,
          .origin = origin_of_quote(error)};
}

}  // namespace

MonitorClaim::MonitorClaim() noexcept
    : held_(!is_claimed.exchange(true, std::memory_order_acq_rel)) {}

MonitorClaim::~MonitorClaim() {
  if (held_) is_claimed.store(false, std::memory_order_release);
}

IcmpMonitor::IcmpMonitor(std::unique_ptr<platform::PacketReceiver> receiver, MonitorSlots& slots)
    : receiver_(std::move(receiver)), slots_(slots), thread_([this] { run(); }) {}

IcmpMonitor::~IcmpMonitor() {
  is_ending_.store(true, std::memory_order_release);
  receiver_->wake();
  thread_.join();
}

void IcmpMonitor::run() {
  platform::name_this_thread("pacegate-icmp");
  const platform::PacketReceiver::Handler handler =
      [this](const platform::ReceivedPacket& received) { handle(received); };
  while (!is_ending_.load(std::memory_order_acquire)) {
    receiver_->receive(platform::monotonic_ns() + kQuietNs, handler);
    publish_drops();
  }
}

void IcmpMonitor::handle(const platform::ReceivedPacket& received) noexcept {
  // Hosts quote as much as fits 576 or 1 280 bytes, of which the capture keeps the start.
  const auto ip = packet::parse_ip(received.bytes, received.wire_bytes);
  const auto error = ip ? packet::parse_icmp_error(*ip) : std::nullopt;
  if (!error) {
    slots_.add(kMonitorUnreadable, 1);
    return;
  }
  const IcmpEvent event = event_of(*ip, *error, received);
  slots_.add(kMonitorReceived, 1);
  if (event.origin == QuoteOrigin::genuine) slots_.add(kMonitorVerified, 1);
  if (event.origin == QuoteOrigin::forged) slots_.add(kMonitorForged, 1);
  slots_.add(queue_.try_push(event) ? kMonitorQueued : kMonitorDropped, 1);
}

/// One system call a round of packets, of which there are 200 a second at most.
void IcmpMonitor::publish_drops() noexcept {
  slots_.set(kMonitorKernelDropped, static_cast<double>(receiver_->counters().dropped));
}

}  // namespace pacegate
