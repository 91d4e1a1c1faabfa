/// \file
/// Handing frames to a device in batches. One header, one file per mechanism.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

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
  int system_error = 0;
};

/// Owns a row of frame slots which the caller fills in place and sends from, so nothing is copied
/// on the way to the system call. Not thread-safe: one thread fills and sends.
class PacketSender {
 public:
  static constexpr std::size_t kSlotBytes = 128;  ///< the largest frame a slot takes

  virtual ~PacketSender() = default;

  /// Number of slots: the largest batch.
  [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;
  [[nodiscard]] virtual std::span<std::uint8_t> slot(std::size_t index) noexcept = 0;
  /// \param bytes of the frame now in the slot, kSlotBytes at most
  virtual void set_length(std::size_t index, std::size_t bytes) noexcept = 0;
  /// Sends slots [first, first + count), never blocking. Stops at the first frame the kernel does
  /// not take.
  [[nodiscard]] virtual SendReport send(std::size_t first, std::size_t count) noexcept = 0;
  /// True when frames start with an Ethernet header, false when with the IP header.
  [[nodiscard]] virtual bool takes_ethernet() const noexcept = 0;
  /// Name of the mechanism as users know it: "packet" or "rawip".
  [[nodiscard]] virtual const char* backend() const noexcept = 0;
};

/// AF_PACKET with sendmmsg and qdisc bypass; Ethernet devices only. Needs CAP_NET_RAW.
/// \throws PlatformError not_permitted, no_such_interface, interface_down, not_supported, system
[[nodiscard]] std::unique_ptr<PacketSender> open_packet_sender(const Interface& interface);

/// A raw IP socket per family with sendmmsg: the way for `lo` (where frames injected by AF_PACKET
/// are never answered), tun and other devices without Ethernet. Bound to the device, but for `lo`:
/// there the kernel's route decides, so send only to addresses that lookup_route() places on it.
/// Needs CAP_NET_RAW.
/// \throws PlatformError as above
[[nodiscard]] std::unique_ptr<PacketSender> open_raw_ip_sender(const Interface& interface);

/// Whichever of the two fits the device. \throws PlatformError as above
[[nodiscard]] std::unique_ptr<PacketSender> open_sender(const Interface& interface);

}  // namespace pacegate::platform
