/// \file
/// One finding of a scan as it crosses to JavaScript, and the vocabulary it uses. The layout and
/// the numbers are mirrored in lib/scan/result.ts.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/ip_address.h"

namespace pacegate {

enum class PortState : std::uint8_t { open, closed, filtered, unknown };

/// Why a port is in its state; the names are nmap's.
enum class Reason : std::uint8_t {
  syn_ack,
  reset,
  no_response,
  net_unreach,
  host_unreach,
  proto_unreach,
  port_unreach,
  net_prohibited,
  host_prohibited,
  admin_prohibited,
  no_route,
  time_exceeded,
  policy,
  reject_route,
  send_failed,
  rate_limit_timeout,  ///< backed off for longer than the limit
  host_timeout,        ///< its target took too long
  too_many_open,       ///< its target answers for every port
};

struct Finding {
  PortState state;
  Reason reason;
};

/// What a record says. A back-off names its target in `address` and how many bits of it count in `port`; a
/// tarpit has the number of its open ports there, and in `silence_ms` that of those probed.
enum class RecordKind : std::uint8_t { finding, backoff, all_backed_off, tarpit };

struct ScanRecord {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  std::uint8_t family = 4;
  PortState state = PortState::unknown;
  Reason reason = Reason::no_response;
  std::uint8_t ttl = 0;  ///< 0: no packet to take it from
  RecordKind kind = RecordKind::finding;
  std::uint8_t level = 0;                                  ///< of a back-off
  float rtt_us = std::numeric_limits<float>::quiet_NaN();  ///< NaN: not measured
  std::uint32_t silence_ms = 0;                            ///< of a back-off

  ScanRecord() = default;
  ScanRecord(const IpAddress& from, std::uint16_t from_port, Finding finding)
      : address(from.key()),
        port(from_port),
        family(static_cast<std::uint8_t>(from.family())),
        state(finding.state),
        reason(finding.reason) {}
};
static_assert(sizeof(ScanRecord) == 32 && std::is_trivially_copyable_v<ScanRecord>);

}  // namespace pacegate
