/// \file
/// Whether a device can take packets right now.
#pragma once

#include "platform/interface.h"

namespace pacegate::platform {

/// Asks the kernel anew, as `interface` may have been read a while ago.
/// \throws PlatformError interface_down when it is switched off or has no carrier,
/// no_such_interface when gone
void require_link_up(const Interface& interface);

}  // namespace pacegate::platform
