#include "responder/answer_frames.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "packet/build.h"
#include "packet/checksum.h"
#include "packet/header_writers.h"
#include "packet/layout.h"
#include "packet/wire.h"

namespace pacegate::responder {
namespace {

using packet::write_bytes;
using packet::write_u16;
using packet::write_u32;

constexpr std::size_t kEthernet = packet::ethernet::kHeaderBytes;

packet::MacAddress mac_of(const std::uint8_t (&bytes)[6]) {
  packet::MacAddress mac;
  std::copy(std::begin(bytes), std::end(bytes), mac.bytes.begin());
  return mac;
}

}  // namespace

truth_address to_truth(const IpAddress& address) {
  truth_address words{.family = address.is_v6() ? 6U : 4U, .word = {}};
  for (std::size_t i = 0; i < address.size() / 4; ++i) {
    words.word[i] = packet::read_u32(address.bytes(), 4 * i);
  }
  return words;
}

IpAddress from_truth(const truth_address& address) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 4; ++i) write_u32(bytes, 4 * i, address.word[i]);
  return IpAddress::from_bytes({bytes.data(), address.family == 6 ? 16U : 4U});
}

bool AnswerFrames::answers_for(const IpAddress& address) const {
  const truth_address words = to_truth(address);
  return responder_prefix_of(&settings_, &words) < settings_.prefixes;
}

std::size_t AnswerFrames::framed(std::size_t ip_bytes, std::uint16_t ether_type, Frame out) const {
  if (ip_bytes == 0) return 0;
  packet::write_ethernet_header(mac_of(settings_.mac), mac_of(settings_.peer_mac), ether_type, out);
  return kEthernet + ip_bytes;
}

std::size_t AnswerFrames::segment(const Probe& probe, std::uint16_t from_port,
                                  std::uint32_t acknowledgment, std::uint8_t flags,
                                  Frame out) const {
  const bool open = (flags & packet::kTcpSyn) != 0;
  const std::size_t bytes = packet::build_tcp({.source = probe.ip.destination,
                                               .destination = probe.ip.source,
                                               .source_port = from_port,
                                               .destination_port = probe.tcp.source_port,
                                               .sequence = open ? probe.hash : 0,
                                               .acknowledgment = acknowledgment,
                                               .flags = flags},
                                              out.subspan(kEthernet));
  return framed(bytes, probe.ip.source.is_v6() ? packet::kEtherTypeIpv6 : packet::kEtherTypeIpv4,
                out);
}

std::size_t AnswerFrames::tcp(const Probe& probe, bool open, Frame out) const {
  const std::uint8_t flags = packet::kTcpAck | (open ? packet::kTcpSyn : packet::kTcpRst);
  return segment(probe, probe.tcp.destination_port, probe.tcp.sequence + 1, flags, out);
}

std::size_t AnswerFrames::prohibited(const Probe& probe, packet::Bytes quoted, Frame out) const {
  const bool v6 = probe.ip.source.is_v6();
  const truth_address& router = v6 ? settings_.router_v6 : settings_.router;
  const std::size_t headers = (v6 ? packet::ipv6::kHeaderBytes : packet::ipv4::kMinHeaderBytes) +
                              packet::icmp::kHeaderBytes + kEthernet;
  const packet::IcmpErrorFields fields{
      .source = router.family == 0 ? probe.ip.destination : from_truth(router),
      .destination = probe.ip.source,
      .type = v6 ? packet::icmp::kUnreachableV6 : packet::icmp::kUnreachableV4,
      .code = static_cast<std::uint8_t>(v6 ? 1 : 13),
      .quoted = quoted.first(std::min(quoted.size(), out.size() - headers))};
  const std::size_t bytes = packet::build_icmp_error(fields, out.subspan(kEthernet));
  return framed(bytes, v6 ? packet::kEtherTypeIpv6 : packet::kEtherTypeIpv4, out);
}

std::size_t AnswerFrames::prohibited(const Probe& probe, Frame out) const {
  return prohibited(probe, probe.bytes, out);
}

std::size_t AnswerFrames::garbage(const Probe& probe, std::uint32_t choice, Frame out) const {
  constexpr std::uint8_t kSynAck = packet::kTcpSyn | packet::kTcpAck;
  const std::uint16_t port = probe.tcp.destination_port;
  const std::uint32_t right = probe.tcp.sequence + 1;
  switch (choice % 5) {
    case 0:
      return segment(probe, port, right + 1 + choice / 5 % 1'000'000, kSynAck, out);
    case 1:  // somebody else's port with this one's proof
      return segment(probe, static_cast<std::uint16_t>(port + 1), right, kSynAck, out);
    case 2: {  // cut anywhere behind the Ethernet header, the lengths in it untouched
      const std::size_t whole = tcp(probe, true, out);
      return kEthernet + choice / 5 % (whole - kEthernet);
    }
    case 3:
      return noise(choice, out);
    default: {
      std::array<std::uint8_t, 64> quoted{};
      const std::size_t size = std::min(probe.bytes.size(), quoted.size());
      std::copy_n(probe.bytes.begin(), size, quoted.begin());
      const std::size_t header =
          probe.ip.source.is_v6() ? packet::ipv6::kHeaderBytes : packet::ipv4::kMinHeaderBytes;
      write_u32(quoted, header + packet::tcp::kSequence, right + choice / 5 % 1'000'000);
      return prohibited(probe, packet::Bytes(quoted.data(), size), out);
    }
  }
}

std::size_t AnswerFrames::noise(std::uint32_t choice, Frame out) const {
  const std::size_t bytes = choice / 5 % (out.size() - kEthernet);
  for (std::size_t i = 0; i < bytes; ++i) {
    out[kEthernet + i] = static_cast<std::uint8_t>(truth_mix(choice, static_cast<__u32>(i)));
  }
  const bool v6 = (choice & 0x100) != 0;
  return framed(bytes, v6 ? packet::kEtherTypeIpv6 : packet::kEtherTypeIpv4, out);
}

std::size_t AnswerFrames::arp(packet::Bytes request, Frame out) const {
  namespace arp = packet::arp;
  if (request.size() < arp::kBytes) return 0;
  if (packet::read_u16(request, arp::kOperation) != arp::kRequest) return 0;
  const packet::Bytes asked = request.subspan(arp::kTargetAddress, 4);
  if (!answers_for(IpAddress::from_bytes(asked))) return 0;
  const Frame reply = out.subspan(kEthernet, arp::kBytes);
  write_bytes(reply, 0, request.first(arp::kOperation));
  write_u16(reply, arp::kOperation, arp::kReply);
  write_bytes(reply, arp::kSenderMac, settings_.mac);
  write_bytes(reply, arp::kSenderAddress, asked);
  write_bytes(reply, arp::kTargetMac, request.subspan(arp::kSenderMac, 6));
  write_bytes(reply, arp::kTargetAddress, request.subspan(arp::kSenderAddress, 4));
  return framed(arp::kBytes, packet::kEtherTypeArp, out);
}

std::size_t AnswerFrames::advertisement(const packet::IpPacket& request, Frame out) const {
  namespace ndp = packet::ndp;
  constexpr std::size_t kBytes = ndp::kOptions + ndp::kOptionUnitBytes;
  constexpr std::uint32_t kSolicitedOverride = 0x60000000;
  if (request.payload.size() < ndp::kOptions || request.payload[0] != ndp::kSolicitation) return 0;
  const packet::Bytes asked = request.payload.subspan(ndp::kTarget, 16);
  if (!answers_for(IpAddress::from_bytes(asked))) return 0;
  const packet::IpHeader header{.source = IpAddress::from_bytes(asked),
                                .destination = request.source,
                                .protocol = packet::kProtocolIcmpv6,
                                .hop_limit = ndp::kHopLimit,
                                .payload_bytes = kBytes};
  packet::write_ip_header(header, out.subspan(kEthernet));
  const Frame message = out.subspan(kEthernet + packet::ipv6::kHeaderBytes, kBytes);
  std::fill(message.begin(), message.end(), std::uint8_t{0});
  message[packet::icmp::kType] = ndp::kAdvertisement;
  write_u32(message, ndp::kAdvertisementFlags, kSolicitedOverride);
  write_bytes(message, ndp::kTarget, asked);
  message[ndp::kOptions + ndp::kOptionType] = ndp::kTargetLinkLayer;
  message[ndp::kOptions + ndp::kOptionLength] = 1;
  write_bytes(message, ndp::kOptions + ndp::kOptionMac, settings_.mac);
  packet::write_transport_checksum(header, message, packet::icmp::kChecksum);
  return framed(packet::ipv6::kHeaderBytes + kBytes, packet::kEtherTypeIpv6, out);
}

}  // namespace pacegate::responder
