/// \file
/// Deciding what a received packet says about which target. Nothing is believed that does not carry
/// the probe's cookie, so nobody who did not see the probe can invent a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/ip_address.h"
#include "core/scan/siphash.h"
#include "engine/scan/scan_record.h"
#include "packet/parse.h"

namespace pacegate {

struct Answer {
  IpAddress target;
  std::uint16_t port = 0;
  Finding finding{PortState::unknown, Reason::no_response};
  std::uint8_t ttl = 0;
  bool icmp = false;
  bool is_canary = false;  ///< to a canary, not to a probe of the scan
};

enum class AnswerVerdict : std::uint8_t {
  accepted,
  unrelated,  ///< not about a probe of this scan
  invalid,    ///< claims to be, but the cookie is wrong
};

/// Immutable, hence safe to use from every thread.
class AnswerMatcher {
 public:
  /// \param canary_port 0 for none
  AnswerMatcher(const SipKey& cookie_key, std::uint16_t source_port, std::uint16_t canary_port = 0)
      : key_(cookie_key), source_port_(source_port), canary_port_(canary_port) {}

  /// \param packet from its IP header on; the start is enough, see packet::parse_ip()
  /// \param answer set when the verdict is accepted
  [[nodiscard]] AnswerVerdict match(std::span<const std::uint8_t> packet, std::size_t wire_bytes,
                                    Answer& answer) const;
  /// The same for a whole packet.
  [[nodiscard]] AnswerVerdict match(std::span<const std::uint8_t> packet, Answer& answer) const {
    return match(packet, packet.size(), answer);
  }

 private:
  [[nodiscard]] AnswerVerdict match_tcp(const packet::IpPacket& ip, Answer& answer) const;
  [[nodiscard]] AnswerVerdict match_icmp(const packet::IpPacket& ip, Answer& answer) const;

  [[nodiscard]] bool is_ours(std::uint16_t port) const {
    return port == source_port_ || (port == canary_port_ && port != 0);
  }

  SipKey key_;
  std::uint16_t source_port_;
  std::uint16_t canary_port_;
};

}  // namespace pacegate
