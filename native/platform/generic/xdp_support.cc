#include "platform/xdp_support.h"

namespace pacegate::platform {

XdpSupport xdp_support(const Interface& /*interface*/) {
  return {.available = false, .reason = "only Linux has XDP"};
}

}  // namespace pacegate::platform
