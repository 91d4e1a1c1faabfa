#include "packet/ip_header_reader.h"
#include "packet/parse.h"

namespace pacegate::packet {

std::optional<IpPacket> parse_ip(Bytes bytes) {
  std::optional<IpHeaderRead> read = read_ip_header(bytes);
  if (!read) return std::nullopt;
  IpPacket& packet = read->packet;
  const std::size_t header_bytes = bytes.size() - packet.payload.size();
  if (read->claimed_bytes < header_bytes || read->claimed_bytes > bytes.size()) return std::nullopt;
  // What lies beyond is Ethernet padding.
  packet.payload = packet.payload.first(read->claimed_bytes - header_bytes);
  if (packet.source.is_v6() && !skip_extension_headers(packet)) return std::nullopt;
  return packet;
}

}  // namespace pacegate::packet
