/// \file
/// host_*: what this machine has and permits; and the monotonic clock. Cold calls.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_host_calls(Exports& exports);

}  // namespace pacegate::binding
