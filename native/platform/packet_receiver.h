/// \file
/// Taking packets from a device: a ring shared with the kernel, filtered there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "packet/mac_address.h"
#include "platform/interface.h"

namespace pacegate::platform {

/// What the kernel lets through, and how much of it may wait to be read.
struct ReceiveFilter {
  std::uint16_t tcp_port = 0;        ///< TCP segments to this local port; 0 for none
  std::uint16_t other_tcp_port = 0;  ///< and to this one
  bool icmp_errors = false;          ///< ICMPv4 types 3 and 11, ICMPv6 types 1 and 3
  bool neighbours = false;           ///< ARP replies and neighbour advertisements
  bool everything = false;           ///< no filter: for counting in benches
  /// Packets that may wait; rounded up to a power of two, and less where memory is short. What comes
  /// on top is dropped and counted. Linux; elsewhere the system decides.
  std::uint32_t room = 16'384;
};

/// Valid only during the handler's call.
struct ReceivedPacket {
  /// The start of it, from the network header on (no Ethernet header): enough for every header.
  std::span<const std::uint8_t> bytes;
  std::uint16_t ether_type = 0;
  std::uint64_t at_ns = 0;            ///< when the kernel took it, on the scale of monotonic_ns()
  std::uint32_t interface_index = 0;  ///< the device it came in by
  std::uint32_t wire_bytes = 0;  ///< what it had before it was cut; below bytes.size(): it was not
};

struct ReceiverCounters {
  std::uint64_t packets = 0;  ///< passed the filter
  std::uint64_t dropped = 0;  ///< passed it and found the ring full
};

/// Not thread-safe but for wake().
class PacketReceiver {
 public:
  using Handler = std::function<void(const ReceivedPacket&)>;

  virtual ~PacketReceiver() = default;

  /// Hands every packet that is ready to `handler`; with none ready, waits until `deadline_ns` at
  /// most. After packets it may rest a little (5 ms on Linux, the deadline permitting) before it
  /// looks for more: the kernel has stamped them, so nothing is measured later for it.
  /// \return a time T such that every packet the device delivered before T has been handed over;
  ///   always in the past, and never going back. What a scan may call a time-out is judged against
  ///   this, not the clock.
  virtual std::uint64_t receive(std::uint64_t deadline_ns, const Handler& handler) = 0;
  /// Whose frame is being handed over, on an Ethernet; zeros elsewhere. During the handler's call only.
  [[nodiscard]] virtual packet::MacAddress sender_mac() const noexcept { return {}; }
  /// Makes a waiting or the next receive() return. Thread-safe.
  virtual void wake() noexcept = 0;
  [[nodiscard]] virtual ReceiverCounters counters() noexcept = 0;
};

/// AF_PACKET ring, whatever the link type; on `lo` each packet is seen once, as it arrives. The
/// filter is in force before the first packet is taken. Needs CAP_NET_RAW.
/// \throws PlatformError not_permitted, no_such_interface, interface_down, system
[[nodiscard]] std::unique_ptr<PacketReceiver> open_packet_receiver(const Interface& interface,
                                                                   const ReceiveFilter& filter);

/// The same through libpcap. What receive() returns lags 20 ms behind, as no system promises more.
/// \throws PlatformError not_supported when there is no libpcap, and as above
[[nodiscard]] std::unique_ptr<PacketReceiver> open_pcap_receiver(const Interface& interface,
                                                                 const ReceiveFilter& filter);

/// The same on every device of the host at once, those that appear later included. A packet that
/// passes two devices (a bond and its member) is handed over twice.
/// \throws PlatformError not_permitted, not_supported, system
[[nodiscard]] std::unique_ptr<PacketReceiver> open_packet_receiver_on_all(
    const ReceiveFilter& filter);

}  // namespace pacegate::platform
