/// \file
/// The memory that the kernel puts packets in: a ring of TPACKET_V2 frames (Linux:
/// Documentation/networking/packet_mmap.rst).
///
/// Why V2 and not the newer V3. V3 hands over whole blocks, when they are full or when a timer says
/// so; V2 each packet as it comes. Measured on a veth pair, two cores, 60-byte frames, a sender
/// flat out:
///
///     ring                                  sent and received   reader's CPU   seen after, p50, p99
///     V3, 8 ms block timer                  677 k/s             1 %            3900 us, 8000 us
///     V2, reader polls after every packet   about half of V3    19 %           20 us, 43 us
///     V2, reader rests 500 us after some    615 to 634 k/s      3 %            19 us, 58 us
///
/// No drops in any. The 7 to 9 % that V2 with rests loses flat out buy this: when the ring is seen
/// empty, nothing is pending. With V3 a packet may sit in an open block until the timer fires, so "no
/// answer came before T" would rest on a guess of how late that timer can be.
///
/// packet_receiver.cc rests 5 ms: answers carry the kernel's time stamps, so nobody notices, and a
/// scan's capture thread takes 0.4 % of a core at 1 000 answers/s where it took 2.0 % with 500 us
/// (native/bench/flood.cc). Frames of 256 bytes instead of 384, the next one asked for while one is
/// read, brought an answer from 220 ns to 150 ns.
#pragma once

#include <cstdint>
#include <span>

#include "packet/mac_address.h"

namespace pacegate::platform {

/// One packet in the ring; valid until release().
struct RingFrame {
  std::span<const std::uint8_t> bytes;  ///< from the network header on
  std::uint16_t ether_type = 0;         ///< host order
  std::uint32_t interface_index = 0;    ///< the device it came in by
  std::uint32_t wire_bytes = 0;         ///< its length before the filter cut it
  bool outgoing = false;                ///< this host sent it
  std::uint64_t realtime_ns = 0;        ///< CLOCK_REALTIME when the kernel took it
};

/// Not thread-safe.
class ReceiveRing {
 public:
  /// Header and address (80 bytes) plus what the filter keeps (176): four cache lines, of which an
  /// answer without options touches two.
  static constexpr std::size_t kFrameBytes = 256;
  static constexpr std::size_t kMinFrames = 4'096;    ///< 1 MiB
  static constexpr std::size_t kMaxFrames = 262'144;  ///< 64 MiB

  /// \param socket AF_PACKET, SOCK_DGRAM, not bound yet; must outlive the ring
  /// \param wanted_frames rounded up to a power of two within the bounds above; halved as long as
  /// the kernel has no memory for it
  /// \throws PlatformError
  ReceiveRing(int socket, std::size_t wanted_frames);
  ReceiveRing(const ReceiveRing&) = delete;
  ReceiveRing& operator=(const ReceiveRing&) = delete;
  ~ReceiveRing();

  [[nodiscard]] std::size_t frames() const noexcept { return mask_ + 1; }
  /// Whether a packet is ready.
  [[nodiscard]] bool ready() const noexcept;
  /// The oldest packet; only when ready(). Asks for the memory of the one after it.
  [[nodiscard]] RingFrame front() const noexcept;
  /// Who sent the oldest packet's frame, on an Ethernet; else zeros. Apart from front(), as hardly anybody asks.
  [[nodiscard]] packet::MacAddress sender_mac() const noexcept;
  /// Gives the oldest packet's frame back to the kernel.
  void release() noexcept;

 private:
  [[nodiscard]] std::uint8_t* frame(std::size_t number) const noexcept {
    return memory_ + (number & mask_) * kFrameBytes;
  }

  std::uint8_t* memory_ = nullptr;
  std::size_t mask_ = 0;  ///< frames - 1
  std::size_t next_ = 0;  ///< frame number of the oldest packet
};

}  // namespace pacegate::platform
