#include "engine/scan/answer.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/scan/probe_cookie.h"
#include "packet/build.h"

namespace pacegate {
namespace {

constexpr SipKey kKey{11, 22};
constexpr std::uint16_t kSourcePort = 61001;
const IpAddress kUs = IpAddress::v4(0x0a000001);
const IpAddress kThem = IpAddress::v4(0x0a000002);
const IpAddress kRouter = IpAddress::v4(0x0a0000fe);

using Frame = std::vector<std::uint8_t>;

Frame reply(std::uint8_t flags, std::uint32_t acknowledgment, std::uint16_t to = kSourcePort) {
  Frame frame(128);
  frame.resize(packet::build_tcp({.source = kThem,
                                  .destination = kUs,
                                  .source_port = 80,
                                  .destination_port = to,
                                  .acknowledgment = acknowledgment,
                                  .flags = flags,
                                  .hop_limit = 57},
                                 frame));
  return frame;
}

std::uint32_t cookie() {
  return probe_cookie(kKey, kUs, kThem, kSourcePort, 80);
}

/// An ICMP error from the router about our probe, quoting `quoted_bytes` of it.
Frame icmp(std::uint8_t type, std::uint8_t code, std::uint32_t sequence,
           std::size_t quoted_bytes = 28) {
  Frame probe(128);
  probe.resize(packet::build_tcp({.source = kUs,
                                  .destination = kThem,
                                  .source_port = kSourcePort,
                                  .destination_port = 80,
                                  .sequence = sequence,
                                  .flags = packet::kTcpSyn},
                                 probe));
  Frame frame(256);
  frame.resize(packet::build_icmp_error({.source = kRouter,
                                         .destination = kUs,
                                         .type = type,
                                         .code = code,
                                         .quoted = std::span(probe).first(quoted_bytes)},
                                        frame));
  return frame;
}

AnswerVerdict match(const Frame& frame, Answer& answer) {
  return AnswerMatcher(kKey, kSourcePort).match(frame, answer);
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE(
      "P12 answers to canaries are told from others by their port, and need their own cookie") {
    const AnswerMatcher matcher(kKey, kSourcePort, kSourcePort + 1);
    const std::uint32_t own = probe_cookie(kKey, kUs, kThem, kSourcePort + 1, 80);
    Answer answer;
    constexpr auto kReset = packet::kTcpRst | packet::kTcpAck;
    CHECK(matcher.match(reply(kReset, own + 1, kSourcePort + 1), answer) ==
          AnswerVerdict::accepted);
    CHECK(answer.is_canary);
    CHECK(answer.target == kThem);
    CHECK(matcher.match(reply(kReset, cookie() + 1, kSourcePort + 1), answer) ==
          AnswerVerdict::invalid);
    CHECK(matcher.match(reply(kReset, cookie() + 1), answer) == AnswerVerdict::accepted);
    CHECK(!answer.is_canary);
    CHECK(match(reply(kReset, own + 1, kSourcePort + 1), answer) == AnswerVerdict::unrelated);
    CHECK(AnswerMatcher(kKey, kSourcePort).match(reply(kReset, 1, 0), answer) ==
          AnswerVerdict::unrelated);
  }

  TEST_CASE(
      "P11 SYN-ACK is open; RST is closed with either acknowledgment; all else is not an answer") {
    Answer answer;
    CHECK(match(reply(packet::kTcpSyn | packet::kTcpAck, cookie() + 1), answer) ==
          AnswerVerdict::accepted);
    CHECK(answer.finding.state == PortState::open);
    CHECK(answer.target == kThem);
    CHECK(answer.port == 80);
    CHECK(answer.ttl == 57);
    for (const std::uint32_t acknowledgment : {cookie(), cookie() + 1}) {
      CHECK(match(reply(packet::kTcpRst | packet::kTcpAck, acknowledgment), answer) ==
            AnswerVerdict::accepted);
      CHECK(answer.finding.state == PortState::closed);
    }
    CHECK(match(reply(packet::kTcpSyn | packet::kTcpAck, cookie()), answer) ==
          AnswerVerdict::invalid);
    CHECK(match(reply(packet::kTcpRst, cookie() + 2), answer) == AnswerVerdict::invalid);
    CHECK(match(reply(packet::kTcpAck, cookie() + 1), answer) == AnswerVerdict::unrelated);
    CHECK(match(reply(packet::kTcpSyn, 0), answer) == AnswerVerdict::unrelated);
    CHECK(match(reply(packet::kTcpSyn | packet::kTcpAck, cookie() + 1, 61002), answer) ==
          AnswerVerdict::unrelated);
  }

  TEST_CASE(
      "P4 an ICMP error names the quoted target, not its sender, and eight quoted bytes suffice") {
    Answer answer;
    CHECK(match(icmp(3, 13, cookie()), answer) == AnswerVerdict::accepted);
    CHECK(answer.target == kThem);
    CHECK(answer.port == 80);
    CHECK(answer.finding.state == PortState::filtered);
    CHECK(answer.finding.reason == Reason::admin_prohibited);
    CHECK(answer.icmp);
    CHECK(match(icmp(3, 3, cookie()), answer) == AnswerVerdict::accepted);
    CHECK(answer.finding.reason == Reason::port_unreach);
  }

  TEST_CASE("P4 a spoofed ICMP error is refused") {
    Answer answer;
    CHECK(match(icmp(3, 13, cookie() + 1), answer) == AnswerVerdict::invalid);
    // Fragmentation needed says nothing about a port.
    CHECK(match(icmp(3, 4, cookie()), answer) == AnswerVerdict::unrelated);
  }
}

}  // namespace pacegate
