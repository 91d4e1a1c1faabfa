#include "binding/keyed_calls.h"

namespace pacegate::binding {

void register_keyed_calls(Exports& /*exports*/) {}

}  // namespace pacegate::binding
