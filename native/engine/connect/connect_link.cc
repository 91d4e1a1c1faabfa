#include "engine/connect/connect_link.h"

#include <cerrno>
#include <span>

#include "packet/build.h"
#include "packet/layout.h"
#include "packet/parse.h"

namespace pacegate {
namespace {

using platform::ConnectAttempt;
using platform::ConnectOutcome;
using platform::ConnectResult;
using platform::SendOutcome;
using platform::SendReport;

// Attempts leave one by one, 5 to 15 us each: of a longer row the last would leave noticeably later
// than the time that was noted for it.
constexpr std::size_t kFrames = 32;
constexpr std::size_t kAnswerBytes = 128;
using AnswerBytes = std::array<std::uint8_t, kAnswerBytes>;

struct IcmpCode {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
};

IcmpCode icmp_code(ConnectResult result, bool is_v6) {
  using packet::icmp::kUnreachableV4;
  using packet::icmp::kUnreachableV6;
  switch (result) {
    case ConnectResult::net_unreachable:
      return is_v6 ? IcmpCode{kUnreachableV6, 0} : IcmpCode{kUnreachableV4, 0};
    case ConnectResult::protocol_unreachable:
      return is_v6 ? IcmpCode{kUnreachableV6, 3} : IcmpCode{kUnreachableV4, 2};
    case ConnectResult::prohibited:
      return is_v6 ? IcmpCode{kUnreachableV6, 1} : IcmpCode{kUnreachableV4, 13};
    default:
      return is_v6 ? IcmpCode{kUnreachableV6, 3} : IcmpCode{kUnreachableV4, 1};
  }
}

/// A SYN-ACK or a reset. \return its bytes
std::size_t write_answer(const ConnectOutcome& outcome, std::uint16_t port, AnswerBytes& out) {
  const ConnectAttempt& attempt = outcome.attempt;
  const bool is_open = outcome.result == ConnectResult::open;
  const int flags = is_open ? packet::kTcpSyn | packet::kTcpAck : packet::kTcpRst | packet::kTcpAck;
  return packet::build_tcp({.source = attempt.target,
                            .destination = attempt.source,
                            .source_port = attempt.port,
                            .destination_port = port,
                            .sequence = 0,
                            .acknowledgment = attempt.tag + 1,
                            .flags = static_cast<std::uint8_t>(flags),
                            .hop_limit = 0},
                           out);
}

/// An ICMP error that quotes the SYN. \return its bytes
std::size_t write_error(const ConnectOutcome& outcome, std::uint16_t port, AnswerBytes& out) {
  const ConnectAttempt& attempt = outcome.attempt;
  const bool is_v6 = attempt.target.is_v6();
  AnswerBytes syn;
  const std::size_t syn_bytes = packet::build_tcp({.source = attempt.source,
                                                   .destination = attempt.target,
                                                   .source_port = port,
                                                   .destination_port = attempt.port,
                                                   .sequence = attempt.tag,
                                                   .acknowledgment = 0,
                                                   .flags = packet::kTcpSyn},
                                                  syn);
  const IcmpCode code = icmp_code(outcome.result, is_v6);
  const std::size_t bytes = packet::build_icmp_error({.source = attempt.source,
                                                      .destination = attempt.source,
                                                      .type = code.type,
                                                      .code = code.code,
                                                      .quoted = std::span(syn).first(syn_bytes)},
                                                     out);
  out[is_v6 ? packet::ipv6::kHopLimit : packet::ipv4::kTimeToLive] = 0;
  return bytes;
}

}  // namespace

ConnectSender::ConnectSender(const platform::ConnectOptions& options)
    : sockets_(platform::open_connect_sockets(options)), frames_(kFrames) {}

SendReport ConnectSender::send(std::size_t first, std::size_t count) noexcept {
  SendReport total;
  while (total.accepted < count && total.outcome == SendOutcome::ok) {
    const SendReport one = start(frames_[first + total.accepted]);
    total.accepted += one.accepted;
    total.outcome = one.outcome;
    total.system_error = one.system_error;
  }
  sockets_->flush();
  return total;
}

SendReport ConnectSender::start(const Frame& frame) noexcept {
  const auto ip = packet::parse_ip(std::span(frame.bytes).first(frame.length));
  const auto syn = ip ? packet::parse_tcp(ip->payload) : std::nullopt;
  if (!syn) return {.accepted = 0, .outcome = SendOutcome::failed, .system_error = EINVAL};
  return sockets_->start({.source = ip->source,
                          .target = ip->destination,
                          .port = syn->destination_port,
                          .tag = syn->sequence});
}

std::uint64_t ConnectReceiver::receive(std::uint64_t deadline_ns, const Handler& handler) {
  return sockets_.collect(deadline_ns, [&](const ConnectOutcome& outcome) {
    AnswerBytes answer;
    const bool is_answer =
        outcome.result == ConnectResult::open || outcome.result == ConnectResult::refused;
    const std::size_t bytes = is_answer ? write_answer(outcome, source_port_, answer)
                                        : write_error(outcome, source_port_, answer);
    const bool is_v6 = outcome.attempt.target.is_v6();
    ++counters_.packets;
    handler({.bytes = std::span(answer).first(bytes),
             .ether_type = is_v6 ? packet::kEtherTypeIpv6 : packet::kEtherTypeIpv4,
             .at_ns = outcome.at_ns,
             .interface_index = 0,
             .wire_bytes = static_cast<std::uint32_t>(bytes)});
  });
}

void open_connect_link(Link& link, const ScanOptions& options) {
  const bool is_named = !options.interface_name.empty();
  auto sender = std::make_unique<ConnectSender>(
      platform::ConnectOptions{.max_sockets = options.max_sockets,
                               .timeout_ns = options.timeout_ns,
                               .binds = is_named,
                               .interface_index = is_named ? link.interface.index : 0});
  link.receiver = std::make_unique<ConnectReceiver>(sender->sockets(), options.source_port);
  link.sender = std::move(sender);
}

}  // namespace pacegate
