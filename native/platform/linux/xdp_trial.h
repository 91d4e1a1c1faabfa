/// \file
/// Finding out whether a device takes redirected frames where its driver does not say (before Linux
/// 6.3).
#pragma once

#include "platform/interface.h"
#include "platform/packet_sender.h"

namespace pacegate::platform {

/// Sends one frame of the local experimental type (IEEE 802) to the device's own address, and waits
/// for what becomes of it. \param sender an unused one \return whether the device took it
[[nodiscard]] bool takes_redirected_frames(PacketSender& sender, const Interface& interface);

}  // namespace pacegate::platform
