#include "platform/xdp_support.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

XdpSupport xdp_support(const Interface& /*interface*/) {
  return {false, not_available_reason("sending live frames through XDP")};
}

}  // namespace pacegate::platform
