/// \file
/// One door to all the ways of sending.
#pragma once

#include <cstddef>
#include <memory>

#include "engine/scan/scan_options.h"
#include "platform/interface.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// Opens a sender of exactly this backend. `automatic` takes xdp above kXdpRate (see
/// engine/scan/sender_choice.h) where the device can, else what fits the device.
/// \param rate packets per second that are asked for, 0 when nothing is
/// \param slot_bytes the largest frame that will be sent, and the usual one
/// \throws platform::PlatformError; not_supported with the reason when the device, the system or this
/// process cannot do it
[[nodiscard]] std::unique_ptr<platform::PacketSender> open_backend(
    const platform::Interface& interface, Backend backend, double rate, std::size_t slot_bytes);

/// The backend of a sender that open_backend() opened, for opening it anew.
[[nodiscard]] Backend backend_of(const platform::PacketSender& sender);

}  // namespace pacegate
