/// \file
/// One door to all the ways of sending.
#pragma once

#include <cstddef>
#include <memory>

#include "engine/scan/scan_options.h"
#include "platform/interface.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// \param rate packets per second that will be asked of it: decides what `automatic` takes
/// \param slot_bytes the largest frame that will be sent
/// \throws platform::PlatformError; not_supported with the reason when the device, the system or
/// this build cannot do it. Only `automatic` takes another way instead
[[nodiscard]] std::unique_ptr<platform::PacketSender> open_backend(
    const platform::Interface& interface, Backend backend, double rate, std::size_t slot_bytes);

}  // namespace pacegate
