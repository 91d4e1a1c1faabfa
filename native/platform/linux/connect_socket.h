/// \file
/// One non-blocking TCP socket that makes one attempt after the other.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/connect_sockets.h"
#include "platform/linux/file_descriptor.h"

namespace pacegate::platform {

/// What an error of connect(2) says about the port; 0 is a connection. Absent: nothing.
[[nodiscard]] std::optional<ConnectResult> result_of(int error) noexcept;

/// This host is out of descriptors, ports or memory, which come back.
[[nodiscard]] bool is_shortage(int error) noexcept;

/// One thread's at a time.
class ConnectSocket {
 public:
  /// \return an errno: EALREADY when the outcome is not known yet, else for result_of()
  [[nodiscard]] int connect(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept;
  /// How the attempt under way stands. \return as connect()
  [[nodiscard]] int ask(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept;
  /// The attempt is over: makes the socket fit for the next one.
  /// \return `result`, or what it really was
  ConnectResult finish(ConnectResult result, const ConnectAttempt& attempt) noexcept;

  /// Asks for one event named `name` when the attempt under way is over.
  void arm(int epoll, std::uint32_t name) noexcept;
  void close() noexcept;

 private:
  [[nodiscard]] int begin(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept;
  [[nodiscard]] int open(const ConnectAttempt& attempt, const ConnectOptions& options) noexcept;
  [[nodiscard]] bool is_connected_to_itself(const ConnectAttempt& attempt) const noexcept;

  FileDescriptor fd_;
  IpAddress bound_;  ///< the address it connects from, where that is named; else of its family
  bool is_watched_ = false;
};

}  // namespace pacegate::platform
