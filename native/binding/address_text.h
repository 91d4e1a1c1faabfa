/// \file
/// Addresses as text, for what JavaScript shows to people.
#pragma once

#include <string>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::binding {

/// Dotted decimal, or the canonical IPv6 form of RFC 5952 section 4 (without its dotted-quad
/// variant).
[[nodiscard]] std::string address_text(const IpAddress& address);
/// Six lower-case pairs joined by colons.
[[nodiscard]] std::string mac_text(const packet::MacAddress& mac);

}  // namespace pacegate::binding
