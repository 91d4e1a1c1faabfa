#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate::packet {

std::optional<TcpSegment> parse_tcp(Bytes payload) {
  if (payload.size() < tcp::kMinHeaderBytes) return std::nullopt;
  const std::size_t header_bytes = std::size_t{4} * (payload[tcp::kDataOffset] >> 4);
  if (header_bytes < tcp::kMinHeaderBytes || header_bytes > payload.size()) return std::nullopt;
  return TcpSegment{.source_port = read_u16(payload, tcp::kSourcePort),
                    .destination_port = read_u16(payload, tcp::kDestinationPort),
                    .sequence = read_u32(payload, tcp::kSequence),
                    .acknowledgment = read_u32(payload, tcp::kAcknowledgment),
                    .flags = payload[tcp::kFlags]};
}

}  // namespace pacegate::packet
