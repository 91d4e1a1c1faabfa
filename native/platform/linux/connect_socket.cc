#include "platform/linux/connect_socket.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pacegate::platform {
namespace {

// Since Linux 4.2; kernels before it choose the port when the address is bound, and may run out.
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// \return its size
socklen_t write_address(SocketAddress& out, const IpAddress& address, std::uint16_t port,
                        std::uint32_t interface_index) noexcept {
  out = {};
  if (!address.is_v6()) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(port);
    std::memcpy(&out.v4.sin_addr, address.bytes().data(), sizeof out.v4.sin_addr);
    return sizeof out.v4;
  }
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(port);
  std::memcpy(&out.v6.sin6_addr, address.bytes().data(), sizeof out.v6.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&out.v6.sin6_addr)) out.v6.sin6_scope_id = interface_index;
  return sizeof out.v6;
}

/// What a socket for this attempt has to be like.
IpAddress place_of(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept {
  if (options.binds) return attempt.source;
  constexpr std::uint8_t kAny[16] = {};
  return IpAddress::from_bytes({kAny, attempt.target.size()});
}

}  // namespace

// Linux reports ICMP 3/13 as EHOSTUNREACH and ICMPv6 1/1 as EACCES. ECONNRESET comes only after a
// completed handshake: the port was open, its owner hung up at once.
std::optional<ConnectResult> result_of(int error) noexcept {
  switch (error) {
    case 0:
    case ECONNRESET:
    case EPIPE:
      return ConnectResult::open;
    case ECONNREFUSED:
      return ConnectResult::refused;
    case EHOSTUNREACH:
    case EHOSTDOWN:
      return ConnectResult::host_unreachable;
    case ENETUNREACH:
    case ENETDOWN:
      return ConnectResult::net_unreachable;
    case ENOPROTOOPT:
      return ConnectResult::protocol_unreachable;
    case EACCES:
    case EPERM:
      return ConnectResult::prohibited;
    default:
      return std::nullopt;
  }
}

bool is_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == ENOBUFS ||
         error == ENOMEM || error == EAGAIN;
}

int ConnectSocket::open(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept {
  const IpAddress place = place_of(attempt, options);
  if (fd_.is_open() && bound_ == place) return 0;
  close();
  const int family = place.is_v6() ? AF_INET6 : AF_INET;
  FileDescriptor fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return errno;
  if (options.binds) {
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    SocketAddress local;
    const socklen_t bytes = write_address(local, place, 0, options.interface_index);
    if (bind(fd.get(), &local.any, bytes) != 0) return errno;
  }
  fd_ = std::move(fd);
  bound_ = place;
  return 0;
}

int ConnectSocket::ask(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept {
  SocketAddress target;
  const socklen_t bytes =
      write_address(target, attempt.target, attempt.port, options.interface_index);
  if (::connect(fd_.get(), &target.any, bytes) == 0) return 0;
  if (errno != EALREADY) return errno;
  // An ICMP error that arrived in the middle of a system call, or a "port unreachable" of IPv6, is
  // noted, and the kernel goes on trying.
  int noted = 0;
  socklen_t noted_bytes = sizeof noted;
  getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &noted, &noted_bytes);
  if (noted == 0) return EALREADY;
  close();
  return noted;
}

int ConnectSocket::begin(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept {
  if (const int error = open(attempt, options)) return error;
  const int error = ask(attempt, options);
  // On the same host the answer is there already.
  return error == EINPROGRESS ? ask(attempt, options) : error;
}

int ConnectSocket::connect(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept {
  const bool is_used = fd_.is_open();
  const int error = begin(attempt, options);
  const bool is_known = error == EALREADY || result_of(error) || is_shortage(error);
  if (is_known || !is_used) return error;
  // Not every system that calls itself Linux takes a used socket.
  close();
  return begin(attempt, options);
}

ConnectResult ConnectSocket::finish(ConnectResult result, const ConnectAttempt& attempt) noexcept {
  if (result != ConnectResult::open) return result;  // connect(2) has reset the socket itself
  if (is_connected_to_itself(attempt)) result = ConnectResult::refused;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (::connect(fd_.get(), &nobody, sizeof nobody) != 0) close();
  return result;
}

/// A connection to one's own address may meet itself: the system chose the probed port as the local
/// one, and TCP's simultaneous open completes. It could choose it only because nobody listens there.
bool ConnectSocket::is_connected_to_itself(const ConnectAttempt& attempt) const noexcept {
  SocketAddress local{};
  socklen_t bytes = sizeof local;
  if (getsockname(fd_.get(), &local.any, &bytes) != 0) return false;
  if (attempt.target.is_v6()) {
    return local.v6.sin6_port == htons(attempt.port) &&
           std::memcmp(&local.v6.sin6_addr, attempt.target.bytes().data(), 16) == 0;
  }
  return local.v4.sin_port == htons(attempt.port) &&
         std::memcmp(&local.v4.sin_addr, attempt.target.bytes().data(), 4) == 0;
}

void ConnectSocket::arm(int epoll, std::uint32_t name) noexcept {
  epoll_event event{};
  event.events = EPOLLOUT | EPOLLONESHOT;
  event.data.u32 = name;
  epoll_ctl(epoll, is_watched_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd_.get(), &event);
  is_watched_ = true;
}

void ConnectSocket::close() noexcept {
  fd_ = FileDescriptor();
  is_watched_ = false;
}

}  // namespace pacegate::platform
