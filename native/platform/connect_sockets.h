/// \file
/// Connections attempted through the operating system's sockets, many of them at a time. No privilege
/// is needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/ip_address.h"
#include "platform/packet_sender.h"

namespace pacegate::platform {

/// One attempt to connect.
struct ConnectAttempt {
  IpAddress source;  ///< to connect from, where ConnectOptions::binds; of the target's family
  IpAddress target;
  std::uint16_t port = 0;
  std::uint32_t tag = 0;  ///< whatever its maker wants to find again
};

/// What an attempt has shown about its port.
enum class ConnectResult : std::uint8_t {
  open,
  refused,
  host_unreachable,
  net_unreachable,
  protocol_unreachable,
  prohibited,
};

struct ConnectOutcome {
  ConnectAttempt attempt;
  ConnectResult result = ConnectResult::refused;
  std::uint64_t at_ns = 0;  ///< when it became known, by monotonic_ns()
};

struct ConnectOptions {
  std::uint32_t max_sockets = 1;  ///< attempts under way at once
  std::uint64_t timeout_ns = 0;   ///< then an attempt is given up, and nothing is told of it
  bool binds = false;             ///< whether attempts name the address they are made from
  std::uint32_t interface_index =
      0;  ///< what link-local targets of IPv6 are reached by; 0 for none
};

/// Two threads share one: the one that starts attempts and the one that collects outcomes; wake() is
/// anybody's. A connection that was made is reset, not closed: no TIME_WAIT is left behind.
class ConnectSockets {
 public:
  using Handler = std::function<void(const ConnectOutcome&)>;

  virtual ~ConnectSockets() = default;

  /// Begins one attempt, never blocking. `accepted` is 1 or 0; busy with a system_error of 0: as many
  /// are under way as may be.
  [[nodiscard]] virtual SendReport start(const ConnectAttempt& attempt) noexcept = 0;
  /// To be called after a row of start(): outcomes that were known at once are collected soon.
  virtual void flush() noexcept = 0;
  /// Hands over what is known, and waits for it until `deadline_ns` at most.
  /// \return as PacketReceiver::receive()
  virtual std::uint64_t collect(std::uint64_t deadline_ns, const Handler& handler) = 0;
  virtual void wake() noexcept = 0;
};

/// Whether open_connect_sockets() works on this system.
[[nodiscard]] bool has_connect_sockets() noexcept;

/// \throws PlatformError not_supported, system
[[nodiscard]] std::unique_ptr<ConnectSockets> open_connect_sockets(const ConnectOptions& options);

}  // namespace pacegate::platform
