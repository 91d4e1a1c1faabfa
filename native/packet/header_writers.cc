#include "packet/header_writers.h"

#include "packet/checksum.h"
#include "packet/layout.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

void write_ipv4_header(const IpHeader& header, MutableBytes out) {
  constexpr std::uint8_t kVersion4FiveWords = 0x45;
  out[ipv4::kVersionAndIhl] = kVersion4FiveWords;
  out[ipv4::kVersionAndIhl + 1] = 0;  // traffic class
  write_u16(out, ipv4::kTotalLength,
            static_cast<std::uint16_t>(ipv4::kMinHeaderBytes + header.payload_bytes));
  write_u16(out, ipv4::kIdentification, 0);
  write_u16(out, ipv4::kFragment, ipv4::kDontFragment);
  out[ipv4::kTimeToLive] = header.hop_limit;
  out[ipv4::kProtocol] = header.protocol;
  write_u16(out, ipv4::kChecksum, 0);
  write_bytes(out, ipv4::kSource, header.source.bytes());
  write_bytes(out, ipv4::kDestination, header.destination.bytes());
  const std::uint64_t sum = checksum_add(0, out.first(ipv4::kMinHeaderBytes));
  write_u16(out, ipv4::kChecksum, checksum_finish(sum));
}

void write_ipv6_header(const IpHeader& header, MutableBytes out) {
  constexpr std::uint32_t kVersion6 = 0x60000000;
  write_u32(out, ipv6::kVersion, kVersion6);
  write_u16(out, ipv6::kPayloadLength, static_cast<std::uint16_t>(header.payload_bytes));
  out[ipv6::kNextHeader] = header.protocol;
  out[ipv6::kHopLimit] = header.hop_limit;
  write_bytes(out, ipv6::kSource, header.source.bytes());
  write_bytes(out, ipv6::kDestination, header.destination.bytes());
}

}  // namespace

void write_ethernet_header(const MacAddress& source, const MacAddress& destination,
                           std::uint16_t ether_type, MutableBytes out) {
  write_bytes(out, ethernet::kDestination, destination.bytes);
  write_bytes(out, ethernet::kSource, source.bytes);
  write_u16(out, ethernet::kEtherType, ether_type);
}

void write_ip_header(const IpHeader& header, MutableBytes out) {
  if (header.source.is_v6()) {
    write_ipv6_header(header, out);
  } else {
    write_ipv4_header(header, out);
  }
}

void write_tcp_header(const TcpFields& fields, std::size_t header_bytes, MutableBytes out) {
  write_u16(out, tcp::kSourcePort, fields.source_port);
  write_u16(out, tcp::kDestinationPort, fields.destination_port);
  write_u32(out, tcp::kSequence, fields.sequence);
  write_u32(out, tcp::kAcknowledgment, fields.acknowledgment);
  out[tcp::kDataOffset] = static_cast<std::uint8_t>(header_bytes / 4 << 4);
  out[tcp::kFlags] = fields.flags;
  write_u16(out, tcp::kWindow, kTcpWindow);
  write_u32(out, tcp::kChecksum, 0);  // and the urgent pointer behind it
}

void write_transport_checksum(const IpHeader& header, MutableBytes segment, std::size_t offset) {
  const std::uint64_t sum = pseudo_header_sum(header.source, header.destination, header.protocol,
                                              static_cast<std::uint32_t>(segment.size()));
  write_u16(segment, offset, checksum_finish(checksum_add(sum, segment)));
}

}  // namespace pacegate::packet
