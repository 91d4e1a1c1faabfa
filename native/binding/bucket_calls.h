/// \file
/// bucket_*: token buckets by handle. bucket_try_acquire is the hot call of the package: two
/// arguments in, one boolean out, no allocation.
#pragma once

#include "binding/call.h"

namespace pacegate::binding {

void register_bucket_calls(Exports& exports);

}  // namespace pacegate::binding
