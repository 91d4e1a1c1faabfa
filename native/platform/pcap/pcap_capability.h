/// \file
/// Whether the pcap backend would work, found by opening a device.
#pragma once

#include <optional>

#include "platform/error.h"

namespace pacegate::platform {

/// \return nothing when it would, else what opening a device throws: no library, no privilege, no
/// device
[[nodiscard]] std::optional<PlatformError> pcap_obstacle();

}  // namespace pacegate::platform
