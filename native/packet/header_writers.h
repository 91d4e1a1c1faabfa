/// \file
/// The headers that the builders and the SYN template have in common. Each function writes at the
/// start of `out`, which the caller has checked to be long enough; addresses of one packet are of
/// one family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/ip_address.h"
#include "packet/build.h"
#include "packet/layout.h"
#include "packet/mac_address.h"

namespace pacegate::packet {

/// The window of every segment written here. Small on purpose: a host that answers a probe has
/// leave to send little, and nothing is ever read.
inline constexpr std::uint16_t kTcpWindow = 1024;

/// The largest value of the IPv4 total length and the IPv6 payload length.
inline constexpr std::size_t kMaxIpLength = 0xffff;

struct IpHeader {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t hop_limit = 64;
  std::size_t payload_bytes = 0;  ///< with the header at most kMaxIpLength
};

/// 20 for IPv4 (no options), 40 for IPv6 (no extension headers).
[[nodiscard]] constexpr std::size_t ip_header_bytes(IpFamily family) {
  return family == IpFamily::v6 ? ipv6::kHeaderBytes : ipv4::kMinHeaderBytes;
}

void write_ethernet_header(const MacAddress& source, const MacAddress& destination,
                           std::uint16_t ether_type, MutableBytes out);

/// IPv4 (RFC 791) with its checksum, identification 0 and "don't fragment" set: RFC 6864 lets the
/// identification of such a datagram be anything. Or IPv6 (RFC 8200), traffic class and flow label
/// zero.
void write_ip_header(const IpHeader& header, MutableBytes out);

/// RFC 9293, checksum left 0. Of `fields` the addresses and the hop limit are not used.
/// \param header_bytes with options: a multiple of 4, 20 to 60
void write_tcp_header(const TcpFields& fields, std::size_t header_bytes, MutableBytes out);

/// The checksum over pseudo header and segment, into the field at `offset`, which must hold zero.
/// \param header of the packet that `segment` is the whole payload of
void write_transport_checksum(const IpHeader& header, MutableBytes segment, std::size_t offset);

}  // namespace pacegate::packet
