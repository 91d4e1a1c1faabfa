#include "packet/ip_header_reader.h"
#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

bool is_error(const IpPacket& packet) {
  const std::uint8_t type = packet.payload[icmp::kType];
  if (packet.source.is_v6()) {
    return packet.protocol == kProtocolIcmpv6 &&
           (type == icmp::kUnreachableV6 || type == icmp::kTimeExceededV6);
  }
  return packet.protocol == kProtocolIcmp &&
         (type == icmp::kUnreachableV4 || type == icmp::kTimeExceededV4);
}

/// The packet that the error is about, its payload cut where the quote ends. The length field of a
/// quoted header is not believed: it describes the packet before it was cut, and some hosts write
/// it back altered.
std::optional<IpPacket> read_quote(const IpPacket& error) {
  std::optional<IpHeaderRead> read = read_ip_header(error.payload.subspan(icmp::kHeaderBytes));
  if (!read) return std::nullopt;
  IpPacket& quoted = read->packet;
  if (quoted.source.family() != error.source.family()) return std::nullopt;
  if (quoted.source.is_v6() && !skip_extension_headers(quoted)) return std::nullopt;
  return quoted;
}

}  // namespace

std::optional<IcmpError> parse_icmp_error(const IpPacket& packet) {
  if (packet.payload.size() < icmp::kHeaderBytes || !is_error(packet)) return std::nullopt;
  const std::optional<IpPacket> quoted = read_quote(packet);
  if (!quoted) return std::nullopt;
  IcmpError error{.type = packet.payload[icmp::kType],
                  .code = packet.payload[icmp::kCode],
                  .quoted_source = quoted->source,
                  .quoted_destination = quoted->destination,
                  .quoted_protocol = quoted->protocol};
  const bool is_tcp = quoted->protocol == kProtocolTcp;
  if (!is_tcp && quoted->protocol != kProtocolUdp) return error;
  if (quoted->payload.size() < icmp::kQuotedTransportBytes) return std::nullopt;
  // TCP and UDP (RFC 768) both begin with the two ports.
  error.quoted_source_port = read_u16(quoted->payload, tcp::kSourcePort);
  error.quoted_destination_port = read_u16(quoted->payload, tcp::kDestinationPort);
  if (is_tcp) error.quoted_sequence = read_u32(quoted->payload, tcp::kSequence);
  return error;
}

}  // namespace pacegate::packet
