#include "platform/linux/raw_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "platform/linux/system_error.h"

namespace pacegate::platform {

FileDescriptor open_socket(int family, int type, int protocol, const std::string& purpose) {
  FileDescriptor fd(socket(family, type | SOCK_CLOEXEC, protocol));
  if (!fd.is_open()) throw_system_error("cannot open " + purpose, errno);
  return fd;
}

void enlarge_send_buffer(int socket) noexcept {
  // A 54-byte frame is charged as about 770 bytes: this is some 5 000 of them.
  const int bytes = 4 << 20;
  // The first form passes the system-wide limit but wants CAP_NET_ADMIN.
  if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
}

}  // namespace pacegate::platform
