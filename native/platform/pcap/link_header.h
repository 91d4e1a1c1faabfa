/// \file
/// What a captured packet begins with, by the capture's link type.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace pacegate::platform {

/// Link types that pacegate reads.
enum class LinkHeader : std::uint8_t {
  ethernet,  ///< DLT_EN10MB, with any VLAN tags
  family,    ///< DLT_NULL and DLT_LOOP: four bytes of address family
  none,      ///< DLT_RAW: the IP header comes first
  cooked,    ///< DLT_LINUX_SLL
};

/// \param data_link what pcap_datalink() says \return nothing for a type that is not read
[[nodiscard]] std::optional<LinkHeader> link_header_of(int data_link) noexcept;

/// A packet from the network header on.
struct NetworkPacket {
  std::span<const std::uint8_t> bytes;
  std::uint16_t ether_type = 0;
};

/// \return nothing when the header is cut short, or without an ether type
[[nodiscard]] std::optional<NetworkPacket> strip_link_header(
    LinkHeader header, std::span<const std::uint8_t> frame) noexcept;

/// Bytes of the longest header that is read: Ethernet with two VLAN tags.
inline constexpr std::size_t kLongestLinkHeader = 22;

}  // namespace pacegate::platform
