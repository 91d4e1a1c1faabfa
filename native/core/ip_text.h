/// \file
/// Addresses as people write them, read without the operating system.
#pragma once

#include <optional>
#include <string_view>

#include "core/ip_address.h"

namespace pacegate {

/// Reads one address: a dotted quad without leading zeros (which different programs read
/// differently), or IPv6 as RFC 4291 section 2.2 writes it. A zone (`fe80::1%eth0`) is no part of
/// an address. Allocates nothing; thread-safe.
/// \return nothing when `text` is not an address
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept;

}  // namespace pacegate
