#include "binding/window_calls.h"

namespace pacegate::binding {

void register_window_calls(Exports& /*exports*/) {}

}  // namespace pacegate::binding
