#include <algorithm>

#include "packet/checksum.h"
#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

/// \return nothing for a group address: no single host has one, and believing it would turn probes
/// into
///   broadcasts (RFC 1812, section 3.3.2)
std::optional<MacAddress> read_host_mac(Bytes bytes, std::size_t offset) {
  constexpr std::uint8_t kGroupBit = 0x01;
  MacAddress mac;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), mac.bytes.size(),
              mac.bytes.begin());
  if ((mac.bytes[0] & kGroupBit) != 0) return std::nullopt;
  return mac;
}

bool is_multicast(const IpAddress& address) {
  constexpr std::uint8_t kMulticastPrefix = 0xff;
  return address.key()[0] == kMulticastPrefix;
}

/// The tests of RFC 4861, section 7.1.2, but for those of the options.
bool is_valid_advertisement(const IpPacket& packet) {
  const Bytes message = packet.payload;
  if (!packet.source.is_v6() || packet.protocol != kProtocolIcmpv6 ||
      packet.hop_limit != ndp::kHopLimit || message.size() < ndp::kOptions) {
    return false;
  }
  if (message[icmp::kType] != ndp::kAdvertisement || message[icmp::kCode] != 0) return false;
  if (is_multicast(packet.destination) &&
      (message[ndp::kAdvertisementFlags] & ndp::kSolicitedFlag) != 0) {
    return false;
  }
  const std::uint64_t pseudo = pseudo_header_sum(packet.source, packet.destination, kProtocolIcmpv6,
                                                 static_cast<std::uint32_t>(message.size()));
  return checksum_finish(checksum_add(pseudo, message)) == 0;
}

/// The first target link-layer address. All options are walked: one that is malformed spoils the
/// message.
std::optional<MacAddress> read_target_mac(Bytes options) {
  std::optional<MacAddress> found;
  while (!options.empty()) {
    if (options.size() < ndp::kOptionUnitBytes) return std::nullopt;
    const std::size_t bytes = ndp::kOptionUnitBytes * options[ndp::kOptionLength];
    if (bytes == 0 || bytes > options.size()) return std::nullopt;
    if (!found && options[ndp::kOptionType] == ndp::kTargetLinkLayer) {
      // A longer one is the address of a link that is not Ethernet.
      if (bytes != ndp::kOptionUnitBytes) return std::nullopt;
      found = read_host_mac(options, ndp::kOptionMac);
      if (!found) return std::nullopt;
    }
    options = options.subspan(bytes);
  }
  return found;
}

}  // namespace

std::optional<NeighbourReply> parse_arp_reply(Bytes bytes) {
  if (bytes.size() < arp::kBytes) return std::nullopt;
  if (read_u16(bytes, arp::kHardwareType) != arp::kEthernet ||
      read_u16(bytes, arp::kProtocolType) != kEtherTypeIpv4 ||
      bytes[arp::kHardwareLength] != sizeof(MacAddress::bytes) ||
      bytes[arp::kProtocolLength] != ipv4::kAddressBytes ||
      read_u16(bytes, arp::kOperation) != arp::kReply) {
    return std::nullopt;
  }
  const std::optional<MacAddress> mac = read_host_mac(bytes, arp::kSenderMac);
  if (!mac) return std::nullopt;
  return NeighbourReply{
      IpAddress::from_bytes(bytes.subspan(arp::kSenderAddress, ipv4::kAddressBytes)), *mac};
}

std::optional<NeighbourReply> parse_neighbour_advertisement(const IpPacket& packet) {
  if (!is_valid_advertisement(packet)) return std::nullopt;
  const IpAddress target =
      IpAddress::from_bytes(packet.payload.subspan(ndp::kTarget, ipv6::kAddressBytes));
  if (is_multicast(target)) return std::nullopt;
  const std::optional<MacAddress> mac = read_target_mac(packet.payload.subspan(ndp::kOptions));
  if (!mac) return std::nullopt;
  return NeighbourReply{target, *mac};
}

}  // namespace pacegate::packet
