/// \file
/// Which backend sends on which device.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/scan/scan_options.h"
#include "platform/interface.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// Packets per second above which `auto` prefers xdp: near what AF_PACKET reaches on the machines we
/// measured. Below, a core that busy-polls would be wasted.
inline constexpr double kXdpRate = 400'000;

struct SenderChoice {
  std::vector<std::unique_ptr<platform::PacketSender>> senders;  ///< by device
  /// For the user: what was wanted and could not be had, with the reason. Whole sentences.
  std::vector<std::string> notes;
};

/// Opens a sender for each device. `automatic` takes xdp above kXdpRate, when every device can, else
/// `packet` or, without Ethernet, `rawip`. Where `xdp` is asked for and impossible, these too.
/// \param rate packets per second that will be asked of all together
/// \throws platform::PlatformError when a device cannot be sent on at all
[[nodiscard]] SenderChoice open_senders(std::span<const platform::Interface* const> devices,
                                        Backend backend, double rate);

}  // namespace pacegate
