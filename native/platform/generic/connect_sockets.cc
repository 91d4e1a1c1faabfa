/// \file
/// Where sockets cannot be used again after an attempt, the event loop of JavaScript makes the attempts.
#include "platform/connect_sockets.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

bool has_connect_sockets() noexcept {
  return false;
}

std::unique_ptr<ConnectSockets> open_connect_sockets(const ConnectOptions& /*options*/) {
  throw_not_available("connecting by native sockets", "connect from JavaScript");
}

}  // namespace pacegate::platform
