/// \file
/// scan_*: starting, steering and reading a scan. Nothing here is called per packet.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_scan_calls(Exports& exports);

}  // namespace pacegate::binding
