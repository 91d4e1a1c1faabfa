/// \file
/// One ICMP error as it crosses to JavaScript. The layout is mirrored in
/// lib/scan/icmp-monitor/icmp-event.ts.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "engine/monitor/probe_registry.h"

namespace pacegate {

struct IcmpEvent {
  std::uint64_t at_ns = 0;                ///< monotonic, when the kernel took it
  std::array<std::uint8_t, 16> target{};  ///< the quoted destination; IPv4 in the first four
  std::array<std::uint8_t, 16> from{};    ///< who sent the error
  std::array<std::uint8_t, 16> source{};  ///< the quoted source: whose packet it was
  std::uint32_t interface_index = 0;      ///< the device it came in by
  std::uint16_t source_port = 0;          ///< quoted, TCP and UDP only; the next one too
  std::uint16_t target_port = 0;
  std::uint8_t family = 4;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint8_t protocol = 0;                  ///< of the quoted packet
  QuoteOrigin origin = QuoteOrigin::foreign;  ///< whether the quoted packet was ours
  std::array<std::uint8_t, 3> reserved{};
};
static_assert(sizeof(IcmpEvent) == 72 && std::is_trivially_copyable_v<IcmpEvent>);

}  // namespace pacegate
