/// \file
/// throttle_*: adaptive throttles by handle, asked once per batch of packets.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_throttle_calls(Exports& exports);

}  // namespace pacegate::binding
