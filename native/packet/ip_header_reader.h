/// \file
/// Reading an IP header, whether of a packet or of the piece of one that an ICMP error quotes.
#pragma once

#include <cstddef>
#include <optional>

#include "packet/parse.h"

namespace pacegate::packet {

struct IpHeaderRead {
  IpPacket packet;  ///< payload: all that follows the fixed header and its IPv4 options
  /// Header and payload by the header's own length field; unchecked.
  std::size_t claimed_bytes = 0;
};

/// IPv4 (RFC 791) or IPv6 (RFC 8200) by the version nibble. Refuses an IPv4 fragment, and a header
/// of which not every byte, options included, is there. Does not look at IPv6 extension headers.
[[nodiscard]] std::optional<IpHeaderRead> read_ip_header(Bytes bytes);

/// Moves `packet` of IPv6 past its hop-by-hop, routing, destination and *atomic* fragment headers
/// (RFC 6946: neither an offset nor more to come), setting `protocol` and `payload`. Anything else
/// ends the walk as the protocol.
/// \return false for a true fragment, a header that leaves the payload, a hop-by-hop header that is
/// not the first (RFC 8200, section 4.1), or more headers than kMaxExtensionHeaders
[[nodiscard]] bool skip_extension_headers(IpPacket& packet);

/// RFC 8200, section 4.1 recommends an order with seven headers at most; the bound keeps a packet
/// of 8-byte headers from costing thousands of steps.
inline constexpr int kMaxExtensionHeaders = 8;

}  // namespace pacegate::packet
