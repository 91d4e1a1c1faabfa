/// \file
/// monitor_*: the ICMP monitor of this process. Nothing here is called per packet.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_monitor_calls(Exports& exports);

}  // namespace pacegate::binding
