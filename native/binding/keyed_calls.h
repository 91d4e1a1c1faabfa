/// \file
/// keyed_*: tables of one bucket per key, by handle.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_keyed_calls(Exports& exports);

}  // namespace pacegate::binding
