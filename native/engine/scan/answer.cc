#include "engine/scan/answer.h"

#include "core/scan/probe_cookie.h"

namespace pacegate {
namespace {

using packet::kProtocolTcp;

// RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
std::optional<Reason> reason_of_icmpv4(std::uint8_t type, std::uint8_t code) {
  if (type == 11) return Reason::time_exceeded;
  if (type != 3) return std::nullopt;
  switch (code) {
    case 0:
      return Reason::net_unreach;
    case 1:
      return Reason::host_unreach;
    case 2:
      return Reason::proto_unreach;
    case 3:
      return Reason::port_unreach;
    case 9:
      return Reason::net_prohibited;
    case 10:
      return Reason::host_prohibited;
    case 13:
      return Reason::admin_prohibited;
    default:
      return std::nullopt;
  }
}

// RFC 4443 section 3.1.
std::optional<Reason> reason_of_icmpv6(std::uint8_t type, std::uint8_t code) {
  if (type == 3) return Reason::time_exceeded;
  if (type != 1) return std::nullopt;
  switch (code) {
    case 0:
      return Reason::no_route;
    case 1:
      return Reason::admin_prohibited;
    case 2:  // beyond the scope of the source address
    case 3:
      return Reason::host_unreach;
    case 4:
      return Reason::port_unreach;
    case 5:
      return Reason::policy;
    case 6:
      return Reason::reject_route;
    default:
      return std::nullopt;
  }
}

}  // namespace

AnswerVerdict AnswerMatcher::match(std::span<const std::uint8_t> bytes, std::size_t wire_bytes,
                                   Answer& answer) const {
  const auto ip = packet::parse_ip(bytes, wire_bytes);
  if (!ip) return AnswerVerdict::unrelated;
  return ip->protocol == kProtocolTcp ? match_tcp(*ip, answer) : match_icmp(*ip, answer);
}

AnswerVerdict AnswerMatcher::match_tcp(const packet::IpPacket& ip, Answer& answer) const {
  const auto tcp = packet::parse_tcp(ip.payload);
  if (!tcp || !is_ours(tcp->destination_port)) return AnswerVerdict::unrelated;
  const bool syn_ack = (tcp->flags & (packet::kTcpSyn | packet::kTcpAck | packet::kTcpRst)) ==
                       (packet::kTcpSyn | packet::kTcpAck);
  const bool reset = (tcp->flags & packet::kTcpRst) != 0;
  if (!syn_ack && !reset) return AnswerVerdict::unrelated;
  const std::uint32_t cookie =
      probe_cookie(key_, ip.destination, ip.source, tcp->destination_port, tcp->source_port);
  // Some stacks reset with the probe's own sequence number instead of the next one.
  const bool genuine =
      tcp->acknowledgment == cookie + 1 || (reset && tcp->acknowledgment == cookie);
  if (!genuine) return AnswerVerdict::invalid;
  const Finding finding = syn_ack ? Finding{PortState::open, Reason::syn_ack}
                                  : Finding{PortState::closed, Reason::reset};
  answer = {.target = ip.source,
            .port = tcp->source_port,
            .finding = finding,
            .ttl = ip.hop_limit,
            .icmp = false,
            .is_canary = tcp->destination_port != source_port_};
  return AnswerVerdict::accepted;
}

AnswerVerdict AnswerMatcher::match_icmp(const packet::IpPacket& ip, Answer& answer) const {
  const auto error = packet::parse_icmp_error(ip);
  if (!error || error->quoted_protocol != kProtocolTcp || !is_ours(error->quoted_source_port)) {
    return AnswerVerdict::unrelated;
  }
  const auto reason = ip.source.is_v6() ? reason_of_icmpv6(error->type, error->code)
                                        : reason_of_icmpv4(error->type, error->code);
  if (!reason) return AnswerVerdict::unrelated;
  const std::uint32_t cookie =
      probe_cookie(key_, error->quoted_source, error->quoted_destination, error->quoted_source_port,
                   error->quoted_destination_port);
  if (error->quoted_sequence != cookie) return AnswerVerdict::invalid;
  answer = {.target = error->quoted_destination,
            .port = error->quoted_destination_port,
            .finding = {PortState::filtered, *reason},
            .ttl = ip.hop_limit,
            .icmp = true,
            .is_canary = error->quoted_source_port != source_port_};
  return AnswerVerdict::accepted;
}

}  // namespace pacegate
