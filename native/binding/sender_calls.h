/// \file
/// sender_*: sending frames. Nothing here is called per packet of a transmit.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_sender_calls(Exports& exports);

}  // namespace pacegate::binding
