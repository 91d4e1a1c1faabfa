/// \file
/// Handing frames to a device in batches. One header, one file per mechanism.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/latency_histogram.h"
#include "platform/interface.h"

namespace pacegate::platform {

/// What became of one batch.
enum class SendOutcome : std::uint8_t {
  ok,      ///< all were accepted
  busy,    ///< the device or socket buffer is full for now (EAGAIN, ENOBUFS): try the rest again a
           ///< little later
  failed,  ///< the first frame not accepted will never be (see system_error): skip it or give up
};

struct SendReport {
  std::size_t accepted = 0;  ///< frames the kernel took, from the first on
  SendOutcome outcome = SendOutcome::ok;
  /// 0 when busy: nothing is short, but as much is under way as may be.
  int system_error = 0;
};

/// What has become of frames that a sender held back until their departure.
struct Departures {
  std::uint64_t left = 0;  ///< handed to the device since the last call
  /// Of the frames that have left, now or before: which the device turned out not to have taken.
  std::uint64_t refused = 0;
  std::uint64_t first_ns = 0;  ///< when the first and the last of them left; 0 when none did
  std::uint64_t last_ns = 0;
};

/// A frame that a sender has held until its departure.
struct DepartedFrame {
  std::span<const std::uint8_t> bytes;
  std::uint64_t at_ns = 0;  ///< when it left
};

/// Owns a row of frame slots which the caller fills in place and sends from, so nothing is copied
/// on the way to the system call. Not thread-safe: one thread fills and sends.
///
/// Most senders transmit during send(). A sender with a lead transmits by itself, each frame at the
/// departure time its slot names (Carousel's earliest departure time, SIGCOMM 2017); the caller hands
/// frames over that long before.
class PacketSender {
 public:
  /// The largest frame a slot takes, unless larger slots are asked for: enough for any probe.
  static constexpr std::size_t kSlotBytes = 128;

  virtual ~PacketSender() = default;

  /// Number of slots: the largest batch.
  [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;
  [[nodiscard]] virtual std::span<std::uint8_t> slot(std::size_t index) noexcept = 0;
  /// \param bytes of the frame now in the slot, as many as the slot has at most
  virtual void set_length(std::size_t index, std::size_t bytes) noexcept = 0;
  /// Sends slots [first, first + count), never blocking. Stops at the first frame the kernel does
  /// not take. With a lead all are taken, first is 0, and slot 0 is the next free one afterwards.
  [[nodiscard]] virtual SendReport send(std::size_t first, std::size_t count) noexcept = 0;
  /// True when frames start with an Ethernet header, false when with the IP header.
  [[nodiscard]] virtual bool takes_ethernet() const noexcept = 0;
  /// Name of the mechanism as users know it: "packet", "rawip", "xdp" or "pcap".
  [[nodiscard]] virtual const char* backend() const noexcept = 0;

  /// How long before its departure a frame is to be handed over; 0: it leaves during send().
  [[nodiscard]] virtual std::uint64_t lead_ns() const noexcept { return 0; }
  /// Slots that may be filled before the next send(): fewer than capacity() while frames are held.
  /// With a lead, a slot comes free when take_departures() has told of its frame.
  [[nodiscard]] virtual std::size_t room() noexcept { return capacity(); }
  /// With a lead only: when the frame in the slot shall leave, by monotonic_ns(). A time that has
  /// passed means at once, and times never decrease from one slot to the next.
  virtual void set_departure(std::size_t /*index*/, std::uint64_t /*at_ns*/) noexcept {}
  /// With a lead only: what has left since the last call. \param gaps takes the time between each
  /// frame and the one before
  virtual Departures take_departures(LatencyHistogram& /*gaps*/) noexcept { return {}; }
  /// With a lead only: of the frames whose leaving the last take_departures() has told of, the index-th.
  /// Valid until the next slot is filled.
  [[nodiscard]] virtual DepartedFrame departed(std::size_t /*index*/) const noexcept { return {}; }
  /// Frames handed over that have not left.
  [[nodiscard]] virtual std::size_t held() noexcept { return 0; }
};

/// AF_PACKET with sendmmsg and qdisc bypass; Ethernet devices only. Needs CAP_NET_RAW.
/// \param slot_bytes the largest frame that will be sent
/// \throws PlatformError not_permitted, no_such_interface, interface_down, not_supported, system
[[nodiscard]] std::unique_ptr<PacketSender> open_packet_sender(
    const Interface& interface, std::size_t slot_bytes = PacketSender::kSlotBytes);

/// A raw IP socket per family with sendmmsg: the way for `lo` (where frames injected by AF_PACKET
/// are never answered), tun and other devices without Ethernet. Bound to the device, but for `lo`:
/// there the kernel's route decides, so send only to addresses that lookup_route() places on it.
/// Needs CAP_NET_RAW.
/// \throws PlatformError as above
[[nodiscard]] std::unique_ptr<PacketSender> open_raw_ip_sender(
    const Interface& interface, std::size_t slot_bytes = PacketSender::kSlotBytes);

/// A live frame shares a page of 4096 bytes with what the kernel notes about it.
inline constexpr std::size_t kXdpLargestFrame = 3072;

struct XdpOptions {
  std::size_t largest_frame =
      112;  ///< bytes, at most kXdpLargestFrame; larger ones make for fewer slots
  std::size_t usual_frame = 58;  ///< bytes of the most common frame, which is sent fastest
};

/// An XDP program run by the kernel over live frames (Linux 5.18), on a thread of its own that
/// busy-polls but for times without frames. Ethernet devices whose driver takes redirected frames: see xdp_support(). Takes about
/// 25 ms. Needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.
/// \throws PlatformError as above
[[nodiscard]] std::unique_ptr<PacketSender> open_xdp_sender(const Interface& interface,
                                                            const XdpOptions& options = {});

/// libpcap (Npcap on Windows), opened at run time: the way where the system offers nothing better,
/// at one system call a frame. Not for loopback where that never answers (Linux, macOS). Frames
/// start as the device's do, see takes_ethernet().
/// \throws PlatformError not_supported, also when there is no libpcap; not_permitted,
/// no_such_interface, interface_down, system
[[nodiscard]] std::unique_ptr<PacketSender> open_pcap_sender(
    const Interface& interface, std::size_t slot_bytes = PacketSender::kSlotBytes);

/// Whichever fits the device best on this system, xdp left out. \throws PlatformError as above
[[nodiscard]] std::unique_ptr<PacketSender> open_sender(
    const Interface& interface, std::size_t slot_bytes = PacketSender::kSlotBytes);

}  // namespace pacegate::platform
