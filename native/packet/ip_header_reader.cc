#include "packet/ip_header_reader.h"

#include "packet/layout.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

std::optional<IpHeaderRead> read_ipv4_header(Bytes bytes) {
  if (bytes.size() < ipv4::kMinHeaderBytes) return std::nullopt;
  const std::size_t header_bytes = std::size_t{4} * (bytes[ipv4::kVersionAndIhl] & 0x0f);
  if (header_bytes < ipv4::kMinHeaderBytes || header_bytes > bytes.size()) return std::nullopt;
  if ((read_u16(bytes, ipv4::kFragment) & ipv4::kFragmentMask) != 0) return std::nullopt;
  return IpHeaderRead{
      .packet = {.source = IpAddress::from_bytes(bytes.subspan(ipv4::kSource, ipv4::kAddressBytes)),
                 .destination =
                     IpAddress::from_bytes(bytes.subspan(ipv4::kDestination, ipv4::kAddressBytes)),
                 .protocol = bytes[ipv4::kProtocol],
                 .hop_limit = bytes[ipv4::kTimeToLive],
                 .payload = bytes.subspan(header_bytes)},
      .claimed_bytes = read_u16(bytes, ipv4::kTotalLength)};
}

std::optional<IpHeaderRead> read_ipv6_header(Bytes bytes) {
  if (bytes.size() < ipv6::kHeaderBytes) return std::nullopt;
  return IpHeaderRead{
      .packet = {.source = IpAddress::from_bytes(bytes.subspan(ipv6::kSource, ipv6::kAddressBytes)),
                 .destination =
                     IpAddress::from_bytes(bytes.subspan(ipv6::kDestination, ipv6::kAddressBytes)),
                 .protocol = bytes[ipv6::kNextHeader],
                 .hop_limit = bytes[ipv6::kHopLimit],
                 .payload = bytes.subspan(ipv6::kHeaderBytes)},
      .claimed_bytes = ipv6::kHeaderBytes + read_u16(bytes, ipv6::kPayloadLength)};
}

bool is_walked(std::uint8_t protocol) {
  switch (protocol) {
    case ipv6_extension::kHopByHop:
    case ipv6_extension::kRouting:
    case ipv6_extension::kFragment:
    case ipv6_extension::kDestinationOptions:
      return true;
    default:
      return false;
  }
}

/// \return bytes of the extension header at the start of `rest`, or 0 when it must be refused
std::size_t extension_bytes(std::uint8_t kind, Bytes rest) {
  if (rest.size() < ipv6_extension::kUnitBytes) return 0;
  if (kind == ipv6_extension::kFragment) {
    // A fixed 8 bytes; what would be its length field is reserved.
    const std::uint16_t field = read_u16(rest, ipv6_extension::kFragmentField);
    return (field & ipv6_extension::kFragmentMask) == 0 ? ipv6_extension::kUnitBytes : 0;
  }
  const std::size_t bytes =
      ipv6_extension::kUnitBytes * (std::size_t{rest[ipv6_extension::kLength]} + 1);
  return bytes <= rest.size() ? bytes : 0;
}

}  // namespace

std::optional<IpHeaderRead> read_ip_header(Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  switch (bytes[0] >> 4) {
    case 4:
      return read_ipv4_header(bytes);
    case 6:
      return read_ipv6_header(bytes);
    default:
      return std::nullopt;
  }
}

bool skip_extension_headers(IpPacket& packet) {
  for (int walked = 0; is_walked(packet.protocol); ++walked) {
    if (walked == kMaxExtensionHeaders) return false;
    if (walked > 0 && packet.protocol == ipv6_extension::kHopByHop) return false;
    const std::size_t bytes = extension_bytes(packet.protocol, packet.payload);
    if (bytes == 0) return false;
    packet.protocol = packet.payload[ipv6_extension::kNextHeader];
    packet.payload = packet.payload.subspan(bytes);
  }
  return true;
}

}  // namespace pacegate::packet
