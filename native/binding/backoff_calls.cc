#include "binding/backoff_calls.h"

namespace pacegate::binding {

void register_backoff_calls(Exports& /*exports*/) {}

}  // namespace pacegate::binding
