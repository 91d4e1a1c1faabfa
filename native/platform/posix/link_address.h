/// \file
/// The Ethernet address in a list of getifaddrs(): an entry of a family that each system has its own
/// of.
#pragma once

#include <sys/socket.h>

#ifdef __linux__
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#else
#include <net/if_dl.h>
#include <net/if_types.h>
#endif

#include <cstring>
#include <optional>

#include "packet/mac_address.h"

namespace pacegate::platform {

/// \return nothing when it is no link-level entry, or of no Ethernet device
[[nodiscard]] inline std::optional<packet::MacAddress> ethernet_address_of(
    const sockaddr& address) {
  packet::MacAddress mac;
#ifdef __linux__
  if (address.sa_family != AF_PACKET) return std::nullopt;
  const auto& link = reinterpret_cast<const sockaddr_ll&>(address);
  if (link.sll_hatype != ARPHRD_ETHER || link.sll_halen != mac.bytes.size()) return std::nullopt;
  std::memcpy(mac.bytes.data(), link.sll_addr, mac.bytes.size());
#else
  if (address.sa_family != AF_LINK) return std::nullopt;
  const auto& link = reinterpret_cast<const sockaddr_dl&>(address);
  if (link.sdl_type != IFT_ETHER || link.sdl_alen != mac.bytes.size()) return std::nullopt;
  std::memcpy(mac.bytes.data(), link.sdl_data + link.sdl_nlen, mac.bytes.size());
#endif
  return mac;
}

}  // namespace pacegate::platform
