/// \file
/// The template parser on any bytes: the first says how they are to be read, the rest is the frame.
/// Whatever is taken must be what the parsers of native/packet find in the frame as well, in the
/// template and in every frame made of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "packet/checksum.h"
#include "packet/frame_variation.h"
#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace {

using namespace pacegate;
using namespace pacegate::packet;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What a whole checksum comes to: 0xffff when it is right.
std::uint16_t transport_sum(const IpPacket& ip) {
  return checksum_fold(
      checksum_add(pseudo_header_sum(ip.source, ip.destination, ip.protocol,
                                     static_cast<std::uint32_t>(ip.payload.size())),
                   ip.payload));
}

std::uint16_t destination_port(const IpPacket& ip) {
  return read_u16(ip.payload, tcp::kDestinationPort);
}

bool has_checksum(const IpPacket& ip) {
  return ip.protocol == kProtocolTcp ||
         (ip.protocol == kProtocolUdp && read_u16(ip.payload, udp::kChecksum) != 0);
}

/// One's complement has two zeros.
bool same_sum(std::uint16_t a, std::uint16_t b) {
  return a % 0xffff == b % 0xffff;
}

void check_frame(const FrameVariation& variation, VariedField field, Bytes packet,
                 std::uint32_t value, const IpPacket& of_template) {
  const auto ip = parse_ip(packet);
  require(ip && ip->protocol == of_template.protocol &&
          ip->payload.size() == of_template.payload.size());
  if (field == VariedField::ipv4_destination) {
    require(ip->destination.to_u32() == value);
  } else {
    require(destination_port(*ip) == value && value <= variation.limit());
  }
  if (has_checksum(of_template)) {
    require(has_checksum(*ip) && same_sum(transport_sum(*ip), transport_sum(of_template)));
  }
}

void check_taken(FrameVariation& variation, VariedField field, Bytes frame, std::size_t ip_offset) {
  const auto ip = parse_ip(frame.subspan(ip_offset));
  require(ip.has_value());
  std::vector<std::uint8_t> slot(frame.size());
  for (const std::uint64_t index :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x123456789}}) {
    require(variation.write(index, slot) == frame.size());
    const auto value = static_cast<std::uint32_t>(variation.first() + index) & variation.limit();
    check_frame(variation, field, Bytes(slot).subspan(ip_offset), value, *ip);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool ethernet = (data[0] & 4) != 0;
  const auto field = static_cast<VariedField>((data[0] & 3) % 3);
  const std::vector<std::uint8_t> frame(data + 1, data + size);
  FrameVariation variation(frame, ethernet, field);
  require((variation.fault() == TemplateFault::none) ==
          std::string_view(describe(variation.fault())).empty());
  if (variation.fault() != TemplateFault::none) return 0;
  if (field != VariedField::none) {
    check_taken(variation, field, frame, ethernet ? ethernet::kHeaderBytes : 0);
  } else {
    std::vector<std::uint8_t> slot(frame.size());
    require(variation.write(7, slot) == frame.size() && slot == frame);
  }
  return 0;
}
