/// \file
/// The capture side: filter first, ring second, device last, so that no packet gets in unfiltered.
#include "platform/packet_receiver.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/linux/link_state.h"
#include "platform/linux/raw_socket.h"
#include "platform/linux/receive_filter.h"
#include "platform/linux/receive_ring.h"
#include "platform/linux/system_error.h"
#include "platform/linux/timespec.h"
#include "platform/packet_clock.h"

// Since Linux 4.20; older headers lack it, and older kernels refuse it.
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

namespace pacegate::platform {
namespace {

/// After packets the reader rests this long instead of being woken by each (see receive_ring.h for
/// what it buys). A wake-up costs 10 to 30 us, so this one figure decides what a slow scan costs.
constexpr std::uint64_t kRestNs = 5 * kNsPerMs;
/// It does not rest when it has found this part of the ring full: during the rest it might overflow.
constexpr std::size_t kBusyPart = 8;
/// How long a packet may be on its way from its time stamp into the ring: microseconds, unless the
/// kernel is itself interrupted there (a virtual machine whose host takes the core away).
constexpr std::uint64_t kDeliveryMarginNs = 2 * kNsPerMs;

class RingReceiver final : public PacketReceiver {
 public:
  RingReceiver(FileDescriptor socket, FileDescriptor wake_event, std::size_t room)
      : socket_(std::move(socket)),
        wake_event_(std::move(wake_event)),
        ring_(socket_.get(), room) {}

  /// \param interface_index 0 for every device \param what names it in errors
  void bind_to(std::uint32_t interface_index, const std::string& what);

  std::uint64_t receive(std::uint64_t deadline_ns, const Handler& handler) override;
  packet::MacAddress sender_mac() const noexcept override { return ring_.sender_mac(); }
  void wake() noexcept override;
  ReceiverCounters counters() noexcept override;

 private:
  enum class Sources : std::uint8_t { wake_only, wake_and_packets };

  std::size_t drain(const Handler& handler);
  void advance_watermark(std::uint64_t heard_ns) noexcept;
  bool wait(std::uint64_t deadline_ns, Sources sources) noexcept;
  void clear_socket_error() noexcept;

  FileDescriptor socket_;
  FileDescriptor wake_event_;
  ReceiveRing ring_;  // after socket_: unmapped before the socket goes
  PacketClock clock_;
  std::size_t last_drained_ = 0;
  std::uint64_t watermark_ns_ = 0;
  ReceiverCounters counters_;
};

void RingReceiver::bind_to(std::uint32_t interface_index, const std::string& what) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(interface_index);
  if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw_system_error("cannot capture on " + what, errno);
  }
}

std::uint64_t RingReceiver::receive(std::uint64_t deadline_ns, const Handler& handler) {
  const bool rest = last_drained_ > 0 && last_drained_ < ring_.frames() / kBusyPart;
  const bool woken =
      rest && wait(std::min(deadline_ns, monotonic_ns() + kRestNs), Sources::wake_only);
  last_drained_ = drain(handler);
  if (last_drained_ == 0 && !woken) {
    wait(deadline_ns, Sources::wake_and_packets);
    last_drained_ = drain(handler);
  }
  return watermark_ns_;
}

/// One round of the ring at most, so that a flood cannot keep the caller here.
std::size_t RingReceiver::drain(const Handler& handler) {
  clock_.synchronise();
  for (std::size_t taken = 0; taken < ring_.frames(); ++taken) {
    if (!ring_.ready()) {
      const std::uint64_t before_look_ns = monotonic_ns();
      if (!ring_.ready()) {
        advance_watermark(before_look_ns);
        return taken;
      }
    }
    const RingFrame frame = ring_.front();
    const std::uint64_t at_ns = clock_.to_monotonic(frame.realtime_ns, watermark_ns_);
    // Kernels before 4.20 show loopback packets twice: on their way out and on their way in.
    if (!frame.outgoing) {
      handler({frame.bytes, frame.ether_type, at_ns, frame.interface_index, frame.wire_bytes});
    }
    ring_.release();
    if (taken + 1 == ring_.frames()) advance_watermark(at_ns);
  }
  return ring_.frames();
}

void RingReceiver::advance_watermark(std::uint64_t heard_ns) noexcept {
  const std::uint64_t certain_ns = heard_ns - std::min(heard_ns, kDeliveryMarginNs);
  watermark_ns_ = std::max(watermark_ns_, certain_ns);
}

/// \return whether wake() ended the wait
bool RingReceiver::wait(std::uint64_t deadline_ns, Sources sources) noexcept {
  for (;;) {
    std::array<pollfd, 2> polled{{{wake_event_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
    const std::uint64_t now_ns = monotonic_ns();
    const timespec left = timespec_from_ns(deadline_ns - std::min(deadline_ns, now_ns));
    const nfds_t count = sources == Sources::wake_only ? 1 : 2;
    const int ready = ppoll(polled.data(), count, &left, nullptr);
    if (ready == 0) return false;
    if (ready < 0 && errno != EINTR) return false;
    if (ready < 0) continue;
    if ((polled[1].revents & POLLERR) != 0) clear_socket_error();
    if (polled[0].revents != 0) {
      std::uint64_t wakes = 0;
      (void)!read(wake_event_.get(), &wakes, sizeof wakes);
      return true;
    }
    if ((polled[1].revents & POLLIN) != 0) return false;
  }
}

/// A device that went down leaves an error behind, which would end every later wait at once;
/// packets flow again when it comes back.
void RingReceiver::clear_socket_error() noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
}

void RingReceiver::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!write(wake_event_.get(), &one, sizeof one);
}

ReceiverCounters RingReceiver::counters() noexcept {
  tpacket_stats since_last{};
  socklen_t size = sizeof since_last;
  if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &since_last, &size) == 0) {
    counters_.packets += since_last.tp_packets;  // the dropped ones among them
    counters_.dropped += since_last.tp_drops;
  }
  return counters_;
}

void attach_filter(int fd, const ReceiveFilter& filter) {
  std::vector<sock_filter> instructions = compile_filter(filter);
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    throw_system_error("cannot attach the capture filter", errno);
  }
}

// Protocol 0: nothing is received before bind() names a device and a protocol.
FileDescriptor open_capture_socket(const std::string& what) {
  return open_socket(AF_PACKET, SOCK_DGRAM, 0, "a capture socket on " + what);
}

std::unique_ptr<PacketReceiver> open_ring(FileDescriptor socket, const ReceiveFilter& filter,
                                          std::uint32_t interface_index, const std::string& what) {
  attach_filter(socket.get(), filter);
  const int on = 1;
  setsockopt(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  FileDescriptor wake_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_event.is_open()) throw_system_error("cannot make a wake-up event", errno);
  auto receiver =
      std::make_unique<RingReceiver>(std::move(socket), std::move(wake_event), filter.room);
  receiver->bind_to(interface_index, what);
  return receiver;
}

}  // namespace

std::unique_ptr<PacketReceiver> open_packet_receiver(const Interface& interface,
                                                     const ReceiveFilter& filter) {
  FileDescriptor socket = open_capture_socket(interface.name);
  require_link_up(interface);
  return open_ring(std::move(socket), filter, interface.index, interface.name);
}

std::unique_ptr<PacketReceiver> open_packet_receiver_on_all(const ReceiveFilter& filter) {
  const std::string what = "all interfaces";
  return open_ring(open_capture_socket(what), filter, 0, what);
}

}  // namespace pacegate::platform
