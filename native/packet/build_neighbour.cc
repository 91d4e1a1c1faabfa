#include <algorithm>

#include "packet/build.h"
#include "packet/header_writers.h"
#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

constexpr std::size_t kArpFrame = ethernet::kHeaderBytes + arp::kBytes;
constexpr std::size_t kSolicitationPayload = ndp::kOptions + ndp::kOptionUnitBytes;
static_assert(kMaxNeighbourRequest ==
              ethernet::kHeaderBytes + ipv6::kHeaderBytes + kSolicitationPayload);

/// RFC 826. The target's hardware address is what is asked for, hence zero.
std::size_t build_arp_request(const NeighbourQuestion& question, MutableBytes out) {
  if (out.size() < kArpFrame) return 0;
  write_ethernet_header(question.source_mac, kBroadcastMac, kEtherTypeArp, out);
  const MutableBytes body = out.subspan(ethernet::kHeaderBytes, arp::kBytes);
  write_u16(body, arp::kHardwareType, arp::kEthernet);
  write_u16(body, arp::kProtocolType, kEtherTypeIpv4);
  body[arp::kHardwareLength] = sizeof(MacAddress::bytes);
  body[arp::kProtocolLength] = ipv4::kAddressBytes;
  write_u16(body, arp::kOperation, arp::kRequest);
  write_bytes(body, arp::kSenderMac, question.source_mac.bytes);
  write_bytes(body, arp::kSenderAddress, question.source.bytes());
  write_bytes(body, arp::kTargetMac, MacAddress{}.bytes);
  write_bytes(body, arp::kTargetAddress, question.target.bytes());
  return kArpFrame;
}

/// ff02::1:ffXX:XXXX with the last three bytes of the target (RFC 4291, section 2.7.1).
IpAddress solicited_node_group(const IpAddress& target) {
  std::array<std::uint8_t, 16> group{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff};
  std::copy(target.key().begin() + 13, target.key().end(), group.begin() + 13);
  return IpAddress::from_bytes(group);
}

/// 33:33 and the group's last four bytes (RFC 2464, section 7).
MacAddress group_mac(const IpAddress& group) {
  MacAddress mac{{0x33, 0x33}};
  std::copy(group.key().begin() + 12, group.key().end(), mac.bytes.begin() + 2);
  return mac;
}

void write_solicitation(const NeighbourQuestion& question, bool with_source_mac,
                        MutableBytes message) {
  std::fill(message.begin(), message.end(), std::uint8_t{0});
  message[icmp::kType] = ndp::kSolicitation;
  write_bytes(message, ndp::kTarget, question.target.bytes());
  if (!with_source_mac) return;
  const MutableBytes option = message.subspan(ndp::kOptions);
  option[ndp::kOptionType] = ndp::kSourceLinkLayer;
  option[ndp::kOptionLength] = 1;
  write_bytes(option, ndp::kOptionMac, question.source_mac.bytes);
}

/// RFC 4861, section 4.3.
std::size_t build_solicitation(const NeighbourQuestion& question, MutableBytes out) {
  constexpr std::uint8_t kMulticastPrefix = 0xff;
  if (question.target.key()[0] == kMulticastPrefix) return 0;
  // From the unspecified address, the option would claim it for this host, and is forbidden.
  const std::array<std::uint8_t, 16> unspecified{};
  const bool with_source_mac = question.source.key() != unspecified;
  const std::size_t message_bytes = with_source_mac ? kSolicitationPayload : ndp::kOptions;
  const std::size_t total = ethernet::kHeaderBytes + ipv6::kHeaderBytes + message_bytes;
  if (out.size() < total) return 0;

  const IpAddress group = solicited_node_group(question.target);
  const IpHeader header{question.source, group, kProtocolIcmpv6, ndp::kHopLimit, message_bytes};
  const MutableBytes ip = out.subspan(ethernet::kHeaderBytes);
  const MutableBytes message = ip.subspan(ipv6::kHeaderBytes, message_bytes);
  write_ethernet_header(question.source_mac, group_mac(group), kEtherTypeIpv6, out);
  write_ip_header(header, ip);
  write_solicitation(question, with_source_mac, message);
  write_transport_checksum(header, message, icmp::kChecksum);
  return total;
}

}  // namespace

std::size_t build_neighbour_request(const NeighbourQuestion& question, MutableBytes out) {
  if (question.source.family() != question.target.family()) return 0;
  return question.target.is_v6() ? build_solicitation(question, out)
                                 : build_arp_request(question, out);
}

}  // namespace pacegate::packet
