/// \file
/// A TCP SYN probe built once per route, then patched per target: the send loop's only wire code.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::packet {

/// Ethernet addresses of a probe; absent for devices that take bare IP packets.
struct EthernetPair {
  MacAddress source;
  MacAddress destination;
};

/// What all probes of one route share.
struct SynRoute {
  IpAddress source;
  std::uint16_t source_port = 0;
  std::uint8_t hop_limit = 64;
  std::optional<EthernetPair> ethernet;
};

/// What differs from probe to probe.
struct SynProbe {
  IpAddress destination;  ///< of the same family as the route's source
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint16_t ip_id = 0;  ///< IPv4 only
};

/// A SYN with an MSS option (1460 for IPv4, 1440 for IPv6), window 1024, no payload.
/// Immutable after construction, hence safe to use from several threads.
class SynTemplate {
 public:
  explicit SynTemplate(const SynRoute& route);

  /// Bytes of a finished frame: 78 at most (Ethernet + IPv6 + TCP with one option).
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Offset of the IP header in the frame: 14 with Ethernet, else 0.
  [[nodiscard]] std::size_t ip_offset() const { return ip_offset_; }

  /// Writes the finished probe, checksums included (incremental update, RFC 1624).
  /// \param frame at least size() bytes
  /// \return size(), or 0 and nothing written when the frame is too small or the destination is of
  /// the other family; a caller that heeds both may ignore it
  std::size_t render(const SynProbe& probe, std::span<std::uint8_t> frame) const;
  /// The same with another next hop: for on-link targets, whose MAC addresses differ. Without
  /// Ethernet the next hop is not used.
  std::size_t render(const SynProbe& probe, const MacAddress& next_hop,
                     std::span<std::uint8_t> frame) const;

 private:
  std::array<std::uint8_t, 96> bytes_{};
  std::size_t size_ = 0;
  std::size_t ip_offset_ = 0;
  std::size_t tcp_offset_ = 0;
  IpFamily family_ = IpFamily::v4;
  // One's-complement sums of the constant fields, folded to 16 bits.
  std::uint16_t ip_sum_ = 0;
  std::uint16_t tcp_sum_ = 0;
};

}  // namespace pacegate::packet
