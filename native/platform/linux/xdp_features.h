/// \file
/// What a device's driver says about XDP (generic netlink family `netdev`, Linux 6.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pacegate::platform {

/// Bits of NETDEV_XDP_ACT_... \return absent where the kernel does not say
[[nodiscard]] std::optional<std::uint64_t> xdp_features(std::uint32_t interface_index);

/// The driver can transmit frames that an XDP program redirects to it.
inline constexpr std::uint64_t kXdpTransmits = 4;  // NETDEV_XDP_ACT_NDO_XMIT

/// The kind of a virtual device, e.g. "veth" or "vlan"; empty for hardware.
[[nodiscard]] std::string device_kind(std::uint32_t interface_index);

}  // namespace pacegate::platform
