/// \file
/// ICMP errors about TCP probes, as a router would send them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/ip_address.h"
#include "packet/build.h"
#include "packet/parse.h"

namespace pacegate::test {

/// The probe that an error quotes.
struct QuotedProbe {
  IpAddress source;
  IpAddress target;
  std::uint16_t source_port = 0;
  std::uint16_t target_port = 80;
  std::uint32_t sequence = 0;
};

/// \param quoted_bytes of the probe, its IP header included
inline std::vector<std::uint8_t> icmp_error_about(const QuotedProbe& probe, const IpAddress& from,
                                                  std::uint8_t type, std::uint8_t code,
                                                  std::size_t quoted_bytes) {
  std::vector<std::uint8_t> quoted(128);
  quoted.resize(packet::build_tcp({.source = probe.source,
                                   .destination = probe.target,
                                   .source_port = probe.source_port,
                                   .destination_port = probe.target_port,
                                   .sequence = probe.sequence,
                                   .flags = packet::kTcpSyn},
                                  quoted));
  std::vector<std::uint8_t> frame(256);
  frame.resize(packet::build_icmp_error({.source = from,
                                         .destination = probe.source,
                                         .type = type,
                                         .code = code,
                                         .quoted = std::span(quoted).first(quoted_bytes)},
                                        frame));
  return frame;
}

}  // namespace pacegate::test
