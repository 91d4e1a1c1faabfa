/// \file
/// window_*: sliding windows, fixed windows and the hybrid of bucket and window, by handle.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_window_calls(Exports& exports);

}  // namespace pacegate::binding
