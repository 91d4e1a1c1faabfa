#include "platform/pcap/link_header.h"

#include "packet/parse.h"

namespace pacegate::platform {
namespace {

// As numbered everywhere but on OpenBSD, which has RAW and LOOP at 14 and 12.
constexpr int kDataLinkNull = 0;
constexpr int kDataLinkEthernet = 1;
constexpr int kDataLinkRaw = 12;
constexpr int kDataLinkLoop = 108;
constexpr int kDataLinkLinuxCooked = 113;

constexpr std::size_t kEthernetType = 12;
constexpr std::size_t kFamilyBytes = 4;
constexpr std::size_t kCookedType = 14;
constexpr std::size_t kVlanTagBytes = 4;

using Bytes = std::span<const std::uint8_t>;

bool is_vlan(std::uint16_t ether_type) noexcept {
  return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100;
}

std::optional<NetworkPacket> after_type(Bytes frame, std::size_t type_offset) noexcept {
  for (std::size_t at = type_offset; at + 2 <= frame.size(); at += kVlanTagBytes) {
    const auto type = static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
    if (!is_vlan(type)) return NetworkPacket{frame.subspan(at + 2), type};
  }
  return std::nullopt;
}

/// Systems number the families differently, and the IP version says the same.
std::optional<NetworkPacket> by_version(Bytes packet) noexcept {
  if (packet.empty()) return std::nullopt;
  const int version = packet[0] >> 4;
  if (version == 4) return NetworkPacket{packet, packet::kEtherTypeIpv4};
  if (version == 6) return NetworkPacket{packet, packet::kEtherTypeIpv6};
  return std::nullopt;
}

}  // namespace

std::optional<LinkHeader> link_header_of(int data_link) noexcept {
  switch (data_link) {
    case kDataLinkEthernet:
      return LinkHeader::ethernet;
    case kDataLinkNull:
    case kDataLinkLoop:
      return LinkHeader::family;
    case kDataLinkRaw:
      return LinkHeader::none;
    case kDataLinkLinuxCooked:
      return LinkHeader::cooked;
    default:
      return std::nullopt;
  }
}

std::optional<NetworkPacket> strip_link_header(LinkHeader header, Bytes frame) noexcept {
  switch (header) {
    case LinkHeader::ethernet:
      return after_type(frame, kEthernetType);
    case LinkHeader::cooked:
      return after_type(frame, kCookedType);
    case LinkHeader::family:
      if (frame.size() < kFamilyBytes) return std::nullopt;
      return by_version(frame.subspan(kFamilyBytes));
    case LinkHeader::none:
      break;
  }
  return by_version(frame);
}

}  // namespace pacegate::platform
