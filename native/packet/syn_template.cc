#include "packet/syn_template.h"

#include <algorithm>

#include "packet/checksum.h"
#include "packet/header_writers.h"
#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

/// RFC 9293, section 3.7.1: what an Ethernet MTU of 1500 leaves beside an IP and a TCP header.
constexpr std::uint16_t kMssV4 = 1460;
constexpr std::uint16_t kMssV6 = 1440;
constexpr std::uint16_t kMssOptionKindAndLength = 0x0204;
constexpr std::size_t kTcpBytes = tcp::kMinHeaderBytes + 4;

IpAddress unspecified(IpFamily family) {
  const std::array<std::uint8_t, 16> zeros{};
  return IpAddress::from_bytes(std::span{zeros}.first(family == IpFamily::v6 ? 16 : 4));
}

}  // namespace

SynTemplate::SynTemplate(const SynRoute& route)
    : ip_offset_(route.ethernet ? ethernet::kHeaderBytes : 0), family_(route.source.family()) {
  const bool is_v6 = family_ == IpFamily::v6;
  const std::size_t ip_bytes = ip_header_bytes(family_);
  tcp_offset_ = ip_offset_ + ip_bytes;
  size_ = tcp_offset_ + kTcpBytes;

  if (route.ethernet) {
    write_ethernet_header(route.ethernet->source, route.ethernet->destination,
                          is_v6 ? kEtherTypeIpv6 : kEtherTypeIpv4, bytes_);
  }
  // Every field that differs from probe to probe is zero here: the sums are of the constant ones.
  const TcpFields fields{.source = route.source,
                         .destination = unspecified(family_),
                         .source_port = route.source_port,
                         .flags = kTcpSyn};
  const MutableBytes ip = MutableBytes{bytes_}.subspan(ip_offset_, ip_bytes);
  write_ip_header({fields.source, fields.destination, kProtocolTcp, route.hop_limit, kTcpBytes},
                  ip);
  if (!is_v6) {
    write_u16(ip, ipv4::kChecksum, 0);
    ip_sum_ = checksum_fold(checksum_add(0, ip));
  }
  const MutableBytes segment = MutableBytes{bytes_}.subspan(tcp_offset_, kTcpBytes);
  write_tcp_header(fields, kTcpBytes, segment);
  write_u16(segment, tcp::kMinHeaderBytes, kMssOptionKindAndLength);
  write_u16(segment, tcp::kMinHeaderBytes + 2, is_v6 ? kMssV6 : kMssV4);
  const std::uint64_t pseudo =
      pseudo_header_sum(fields.source, fields.destination, kProtocolTcp, kTcpBytes);
  tcp_sum_ = checksum_fold(checksum_add(pseudo, segment));
}

std::size_t SynTemplate::render(const SynProbe& probe, std::span<std::uint8_t> frame) const {
  if (frame.size() < size_ || probe.destination.family() != family_) return 0;
  std::memcpy(frame.data(), bytes_.data(), size_);

  std::uint64_t destination_sum = 0;
  const auto ip = frame.subspan(ip_offset_);
  if (family_ == IpFamily::v4) {
    const std::uint32_t address = probe.destination.to_u32();
    destination_sum = address;
    write_u32(ip, ipv4::kDestination, address);
    write_u16(ip, ipv4::kIdentification, probe.ip_id);
    const std::uint64_t ip_sum = checksum_add_word(ip_sum_ + destination_sum, probe.ip_id);
    write_u16(ip, ipv4::kChecksum, checksum_finish(ip_sum));
  } else {
    destination_sum = checksum_add(0, probe.destination.bytes());
    write_bytes(ip, ipv6::kDestination, probe.destination.bytes());
  }

  const auto segment = frame.subspan(tcp_offset_);
  write_u16(segment, tcp::kDestinationPort, probe.destination_port);
  write_u32(segment, tcp::kSequence, probe.sequence);
  const std::uint64_t tcp_sum = checksum_add_word(
      checksum_add_u32(tcp_sum_ + destination_sum, probe.sequence), probe.destination_port);
  write_u16(segment, tcp::kChecksum, checksum_finish(tcp_sum));
  return size_;
}

std::size_t SynTemplate::render(const SynProbe& probe, const MacAddress& next_hop,
                                std::span<std::uint8_t> frame) const {
  const std::size_t written = render(probe, frame);
  if (written != 0 && ip_offset_ != 0) write_bytes(frame, ethernet::kDestination, next_hop.bytes);
  return written;
}

}  // namespace pacegate::packet
