/// \file
/// The 32-bit secret a probe carries as its TCP sequence number, so that an answer proves that the
/// probe was ours without any state kept per probe (D. J. Bernstein's SYN cookies, turned round).
#pragma once

#include <cstdint>

#include "core/ip_address.h"
#include "core/scan/siphash.h"

namespace pacegate {

/// The low half of SipHash-2-4 over source, destination (4 or 16 bytes each, network order), source
/// port and destination port (little-endian). The two families' messages differ in length, hence
/// never agree. Thread-safe.
/// \param source our address; \param destination the target, of the same family
[[nodiscard]] inline std::uint32_t probe_cookie(const SipKey& key, const IpAddress& source,
                                                const IpAddress& destination,
                                                std::uint16_t source_port,
                                                std::uint16_t destination_port) noexcept {
  const std::uint8_t* from = source.key().data();
  const std::uint8_t* to = destination.key().data();
  const std::uint64_t ports = source_port | (std::uint64_t{destination_port} << 16);
  SipState state(key);
  if (!destination.is_v6()) {
    state.absorb(load_little_endian(from, 4) | (load_little_endian(to, 4) << 32));
    return static_cast<std::uint32_t>(state.finish(ports, 12));
  }
  state.absorb(load_little_endian(from));
  state.absorb(load_little_endian(from + 8));
  state.absorb(load_little_endian(to));
  state.absorb(load_little_endian(to + 8));
  return static_cast<std::uint32_t>(state.finish(ports, 36));
}

}  // namespace pacegate
