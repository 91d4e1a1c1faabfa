/// \file
/// Parsers of what comes back: pure functions over bytes from the network. Every length is checked
/// before it is used; anything malformed, truncated, fragmented or of no interest is
/// `std::nullopt`.
///
/// Checksums of IPv4, TCP and ICMP errors are not verified. A capture sees packets before the host
/// has verified them, and those of a neighbour on the same machine (lo, veth, a guest) before
/// anyone has filled them in: to verify would refuse good answers. The caller compares a cookie
/// instead, which covers addresses, ports and sequence number. A neighbour advertisement has no
/// such proof, and its checksum is verified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::packet {

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpv6 = 58;

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpRst = 0x04;
inline constexpr std::uint8_t kTcpAck = 0x10;

/// The IP header of either family, with its payload.
struct IpPacket {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;   ///< of the payload, after any IPv6 extension headers
  std::uint8_t hop_limit = 0;  ///< TTL or hop limit
  Bytes payload;               ///< cut to the header's length field
};

struct TcpSegment {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = 0;
};

/// An ICMPv4 or ICMPv6 error with what it quotes. RFC 792 promises only eight bytes of the quoted
/// transport header: enough for the ports and the sequence number, and all that is required of TCP
/// and UDP here; of other protocols nothing is. Whether the quoted packet was ours is for the caller
/// to verify.
struct IcmpError {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  IpAddress quoted_source;
  IpAddress quoted_destination;  ///< who was probed; the error may come from a router before it
  std::uint8_t quoted_protocol = 0;
  std::uint16_t quoted_source_port = 0;  ///< TCP and UDP only, else 0; the next one too
  std::uint16_t quoted_destination_port = 0;
  std::uint32_t quoted_sequence = 0;  ///< TCP only, else 0
};

/// Who answers for an address: an ARP reply or an NDP neighbour advertisement.
struct NeighbourReply {
  IpAddress address;
  MacAddress mac;
};

/// \param bytes starts at the IP header; the version nibble decides the family. Walks IPv6
/// extension headers (hop-by-hop, routing, destination options), eight at most; a fragment with an
/// offset or more to come is refused. Bytes beyond the header's length field (Ethernet padding) are
/// ignored.
[[nodiscard]] std::optional<IpPacket> parse_ip(Bytes bytes);
/// The same for a packet of which only the start was kept, as captures do: the payload ends where
/// `bytes` do. \param wire_bytes what it had on the wire; less than bytes.size() counts as that
[[nodiscard]] std::optional<IpPacket> parse_ip(Bytes bytes, std::size_t wire_bytes);
/// \param payload of a packet with protocol TCP; options and data are not looked at
[[nodiscard]] std::optional<TcpSegment> parse_tcp(Bytes payload);
/// \param packet with protocol ICMP or ICMPv6. Errors here are ICMPv4 types 3 and 11, ICMPv6 types
/// 1 and 3.
[[nodiscard]] std::optional<IcmpError> parse_icmp_error(const IpPacket& packet);
/// \param bytes starts at the ARP header. Only replies (opcode 2) for IPv4 over Ethernet, and none
/// that names a broadcast or multicast MAC address (RFC 1812, section 3.3.2).
[[nodiscard]] std::optional<NeighbourReply> parse_arp_reply(Bytes bytes);
/// Neighbour advertisements (type 136, hop limit 255) that pass RFC 4861, section 7.1.2, with a
/// target link-layer address option; none that names a multicast MAC address.
[[nodiscard]] std::optional<NeighbourReply> parse_neighbour_advertisement(const IpPacket& packet);

}  // namespace pacegate::packet
