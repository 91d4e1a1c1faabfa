#include "packet/frame_variation.h"

#include <cstring>

#include "packet/checksum.h"
#include "packet/ip_header_reader.h"
#include "packet/layout.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

/// \return bytes of the fixed header of a bare IP packet, 0 for what is none
std::size_t fixed_header_bytes(Bytes packet) {
  if (packet.empty()) return 0;
  const int version = packet[0] >> 4;
  if (version == 4) return ipv4::kMinHeaderBytes;
  return version == 6 ? ipv6::kHeaderBytes : 0;
}

bool is_fragment(Bytes packet) {
  return packet.size() >= ipv4::kMinHeaderBytes && packet[0] >> 4 == 4 &&
         (read_u16(packet, ipv4::kFragment) & ipv4::kFragmentMask) != 0;
}

bool has_ip_ether_type(Bytes frame) {
  const std::uint16_t type = read_u16(frame, ethernet::kEtherType);
  const int version =
      frame.size() > ethernet::kHeaderBytes ? frame[ethernet::kHeaderBytes] >> 4 : 0;
  return (type == kEtherTypeIpv4 && version == 4) || (type == kEtherTypeIpv6 && version == 6);
}

}  // namespace

const char* describe(TemplateFault fault) noexcept {
  switch (fault) {
    case TemplateFault::none:
      break;
    case TemplateFault::no_ethernet_header:
      return "must begin with an Ethernet header (14 bytes) for this backend";
    case TemplateFault::no_ip_packet:
      return "must hold an IPv4 or IPv6 packet with its whole header";
    case TemplateFault::fragment:
      return "must not be a fragment: its checksum lies in another frame";
    case TemplateFault::wrong_length:
      return "must hold as many bytes as the length in its IP header says";
    case TemplateFault::not_ipv4:
      return "must be IPv4 for its IPv4 destination to vary";
    case TemplateFault::no_transport:
      return "must hold a whole TCP or UDP header (or ICMP, when only the destination varies)";
  }
  return "";
}

FrameVariation::FrameVariation(Bytes frame, bool ethernet, VariedField field)
    : bytes_(frame.begin(), frame.end()), field_(field) {
  if (ethernet && bytes_.size() < ethernet::kHeaderBytes) {
    fault_ = TemplateFault::no_ethernet_header;
  } else if (field != VariedField::none) {
    const bool holds_ip = !ethernet || has_ip_ether_type(bytes_);
    fault_ = holds_ip ? parse(ethernet ? ethernet::kHeaderBytes : 0) : TemplateFault::no_ip_packet;
  } else if (!ethernet) {
    const std::size_t header = fixed_header_bytes(bytes_);
    if (header == 0 || bytes_.size() < header) fault_ = TemplateFault::no_ip_packet;
  }
}

TemplateFault FrameVariation::parse(std::size_t ip_offset) {
  const Bytes packet = Bytes(bytes_).subspan(ip_offset);
  if (is_fragment(packet)) return TemplateFault::fragment;
  auto read = read_ip_header(packet);
  if (!read) return TemplateFault::no_ip_packet;
  IpPacket& ip = read->packet;
  const std::size_t header_bytes = packet.size() - ip.payload.size();
  if (read->claimed_bytes < header_bytes || read->claimed_bytes > packet.size()) {
    return TemplateFault::wrong_length;
  }
  ip.payload = ip.payload.first(read->claimed_bytes - header_bytes);

  const bool is_v6 = ip.destination.is_v6();
  if (field_ == VariedField::ipv4_destination) {
    if (is_v6) return TemplateFault::not_ipv4;
    offset_ = ip_offset + ipv4::kDestination;
    first_ = ip.destination.to_u32();
    header_ = checksum_at(ip_offset + ipv4::kChecksum);
  } else if (is_v6 && !skip_extension_headers(ip)) {
    return TemplateFault::no_transport;
  }
  return parse_transport(ip);
}

TemplateFault FrameVariation::parse_transport(const IpPacket& ip) {
  const bool is_tcp = ip.protocol == kProtocolTcp;
  if (field_ == VariedField::ipv4_destination && ip.protocol == kProtocolIcmp) {
    return TemplateFault::none;  // no pseudo header: its checksum knows nothing of addresses
  }
  const std::size_t header_bytes = is_tcp ? tcp::kMinHeaderBytes : udp::kHeaderBytes;
  if ((!is_tcp && ip.protocol != kProtocolUdp) || ip.payload.size() < header_bytes) {
    return TemplateFault::no_transport;
  }
  const std::size_t transport = offset_of(ip.payload);
  if (field_ == VariedField::destination_port) {
    // TCP and UDP have it at the same place.
    offset_ = transport + tcp::kDestinationPort;
    first_ = read_u16(bytes_, offset_);
  }
  if (is_tcp) {
    transport_ = checksum_at(transport + tcp::kChecksum);
  } else if (read_u16(ip.payload, udp::kChecksum) != 0) {
    transport_ = checksum_at(transport + udp::kChecksum);
    transport_.zero_means_none = true;
  }
  return TemplateFault::none;
}

FrameVariation::Checksum FrameVariation::checksum_at(std::size_t offset) const {
  const auto checksum = static_cast<std::uint16_t>(~read_u16(bytes_, offset));
  std::uint64_t sum = checksum;
  if (field_ == VariedField::ipv4_destination) {
    sum = checksum_add_u32(sum, ~first_);
  } else {
    sum = checksum_add_word(sum, static_cast<std::uint16_t>(~first_));
  }
  // Both are zero in one's complement, but a sum that has a nonzero word in it is never 0x0000.
  const std::uint16_t base = checksum_fold(sum);
  return {.offset = offset, .base = base != 0 ? base : std::uint16_t{0xffff}};
}

void FrameVariation::Checksum::write(std::uint64_t varied,
                                     std::span<std::uint8_t> slot) const noexcept {
  if (offset == 0) return;
  const std::uint16_t sum = checksum_finish(base + varied);
  write_u16(slot, offset, zero_means_none && sum == 0 ? std::uint16_t{0xffff} : sum);
}

std::uint32_t FrameVariation::limit() const noexcept {
  switch (field_) {
    case VariedField::none:
      break;
    case VariedField::ipv4_destination:
      return 0xffffffff;
    case VariedField::destination_port:
      return 0xffff;
  }
  return 0;
}

std::size_t FrameVariation::write(std::uint64_t index,
                                  std::span<std::uint8_t> slot) const noexcept {
  std::memcpy(slot.data(), bytes_.data(), bytes_.size());
  if (field_ == VariedField::none) return size();
  const auto value = static_cast<std::uint32_t>(first_ + index) & limit();
  if (field_ == VariedField::ipv4_destination) {
    write_u32(slot, offset_, value);
  } else {
    write_u16(slot, offset_, static_cast<std::uint16_t>(value));
  }
  header_.write(value, slot);
  transport_.write(value, slot);
  return size();
}

}  // namespace pacegate::packet
