/// \file
/// Builders of whole frames other than the SYN probe: neighbour questions of the scanner, and the
/// packets that tests answer with. Each writes into the caller's buffer and returns the bytes
/// written, or 0 and nothing written when the buffer is too small or the fields do not make a
/// packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::packet {

using MutableBytes = std::span<std::uint8_t>;

/// Bytes that hold any neighbour question.
inline constexpr std::size_t kMaxNeighbourRequest = 86;

struct NeighbourQuestion {
  MacAddress source_mac;
  IpAddress source;
  IpAddress target;  ///< of the same family as source
};

/// "Who has target?": an ARP request (IPv4, RFC 826) or a neighbour solicitation (IPv6, RFC 4861),
/// as an Ethernet frame to broadcast or to the solicited-node multicast group. 0 for two families,
/// or for a multicast target of IPv6.
[[nodiscard]] std::size_t build_neighbour_request(const NeighbourQuestion& question,
                                                  MutableBytes out);

struct TcpFields {
  IpAddress source;
  IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = 0;
  std::uint8_t hop_limit = 64;
};

/// A bare IP packet with a TCP segment of no options and no payload. 0 for two families.
[[nodiscard]] std::size_t build_tcp(const TcpFields& fields, MutableBytes out);

struct IcmpErrorFields {
  IpAddress source;       ///< who complains
  IpAddress destination;  ///< who is told
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  /// The offending packet from its IP header on, cut by the caller.
  std::span<const std::uint8_t> quoted;
};

/// A bare IP packet with an ICMPv4 or ICMPv6 error (RFC 792, RFC 4443). 0 for two families, or for
/// a quote with which the packet would pass 65535 bytes. `quoted` must not lie in `out`.
[[nodiscard]] std::size_t build_icmp_error(const IcmpErrorFields& fields, MutableBytes out);

}  // namespace pacegate::packet
