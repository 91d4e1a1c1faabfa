/// \file
/// backoff_*: tables of targets that are backed off, by handle.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_backoff_calls(Exports& exports);

}  // namespace pacegate::binding
