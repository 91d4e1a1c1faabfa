#include <algorithm>

#include "packet/ip_header_reader.h"
#include "packet/parse.h"

namespace pacegate::packet {

std::optional<IpPacket> parse_ip(Bytes bytes) {
  return parse_ip(bytes, bytes.size());
}

std::optional<IpPacket> parse_ip(Bytes bytes, std::size_t wire_bytes) {
  std::optional<IpHeaderRead> read = read_ip_header(bytes);
  if (!read) return std::nullopt;
  IpPacket& packet = read->packet;
  const std::size_t header_bytes = bytes.size() - packet.payload.size();
  const std::size_t whole_bytes = std::max(wire_bytes, bytes.size());
  if (read->claimed_bytes < header_bytes || read->claimed_bytes > whole_bytes) return std::nullopt;
  // What lies beyond is Ethernet padding.
  const std::size_t claimed_payload = read->claimed_bytes - header_bytes;
  packet.payload = packet.payload.first(std::min(claimed_payload, packet.payload.size()));
  if (packet.source.is_v6() && !skip_extension_headers(packet)) return std::nullopt;
  return packet;
}

}  // namespace pacegate::packet
