/// \file
/// What the senders' sockets have in common.
#pragma once

#include <string>

#include "platform/linux/file_descriptor.h"

namespace pacegate::platform {

/// Opens a close-on-exec socket. \param purpose for the message, e.g. "a packet socket on eth0"
/// \throws PlatformError
[[nodiscard]] FileDescriptor open_socket(int family, int type, int protocol,
                                         const std::string& purpose);

/// Room for several thousand small frames in flight, so that "busy" means the device and not the
/// socket. Takes what the system grants.
void enlarge_send_buffer(int socket) noexcept;

}  // namespace pacegate::platform
