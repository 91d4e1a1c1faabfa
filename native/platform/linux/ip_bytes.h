/// \file
/// Addresses as they come in netlink attributes.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

#include "core/ip_address.h"
#include "platform/linux/netlink.h"

namespace pacegate::platform {

/// \return absent when the attribute is, or is of neither family's length
[[nodiscard]] inline std::optional<IpAddress> netlink_address(std::optional<NetlinkBytes> value) {
  if (!value || (value->size() != 4 && value->size() != 16)) return std::nullopt;
  return IpAddress::from_bytes(*value);
}

/// AF_INET or AF_INET6.
[[nodiscard]] inline unsigned char address_family(const IpAddress& address) {
  return address.is_v6() ? AF_INET6 : AF_INET;
}

/// Textual form, for messages.
[[nodiscard]] std::string address_text(const IpAddress& address);

}  // namespace pacegate::platform
