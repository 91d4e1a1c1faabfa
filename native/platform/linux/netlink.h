/// \file
/// Questions to the kernel's routing tables (rtnetlink, RFC 3549): one request, all of its replies.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "platform/linux/file_descriptor.h"

namespace pacegate::platform {

using NetlinkBytes = std::span<const std::uint8_t>;

/// A message being put together: header, fixed body, attributes.
class NetlinkRequest {
 public:
  /// \param type e.g. RTM_GETROUTE
  /// \param flags beside NLM_F_REQUEST: NLM_F_DUMP for whole tables, else 0
  /// \param body the fixed structure of that type, e.g. rtmsg
  template <class Body>
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const Body& body)
      : type_(type), flags_(flags) {
    static_assert(std::is_trivially_copyable_v<Body> && sizeof(Body) % NLMSG_ALIGNTO == 0);
    append(&body, sizeof body);
  }

  void add(std::uint16_t attribute, NetlinkBytes value);
  void add(std::uint16_t attribute, std::uint32_t value);

  [[nodiscard]] bool is_dump() const noexcept { return (flags_ & NLM_F_DUMP) != 0; }
  /// The message as it goes to the kernel.
  [[nodiscard]] std::vector<std::uint8_t> finish(std::uint32_t sequence) const;

 private:
  void append(const void* data, std::size_t size);

  std::uint16_t type_;
  std::uint16_t flags_;
  std::vector<std::uint8_t> payload_;
};

/// One message of a reply. Its spans are valid as long as the reply.
struct NetlinkMessage {
  std::uint16_t type = 0;
  NetlinkBytes payload;

  /// The fixed structure, zero-filled where the kernel sent less of it.
  template <class Body>
  [[nodiscard]] Body body() const {
    Body body{};
    if (!payload.empty()) {
      std::memcpy(&body, payload.data(), std::min(sizeof body, payload.size()));
    }
    return body;
  }
  /// \param body_size of the fixed structure in front of the attributes
  [[nodiscard]] std::optional<NetlinkBytes> attribute(std::size_t body_size,
                                                      std::uint16_t type) const;
};

/// An attribute's value as a number; absent when it is shorter than four bytes.
[[nodiscard]] std::optional<std::uint32_t> netlink_u32(std::optional<NetlinkBytes> value);

/// What came back.
class NetlinkReply {
 public:
  /// 0, or the errno the kernel refused the request with.
  [[nodiscard]] int error() const noexcept { return error_; }
  [[nodiscard]] const std::vector<NetlinkMessage>& messages() const noexcept { return messages_; }

 private:
  friend class NetlinkSocket;

  int error_ = 0;
  bool complete_ = false;
  bool interrupted_ = false;  // the table changed while it was dumped
  std::vector<std::vector<std::uint8_t>> datagrams_;
  std::vector<NetlinkMessage> messages_;
};

/// Not thread-safe; cheap enough to be opened for each question.
class NetlinkSocket {
 public:
  /// \param protocol NETLINK_ROUTE or NETLINK_GENERIC \throws PlatformError
  explicit NetlinkSocket(int protocol = NETLINK_ROUTE);

  /// Sends one request and collects its replies. A table that changes while it is being dumped is
  /// dumped again, a few times at most: after that the picture is as good as a moment's ever is.
  /// \throws PlatformError when the socket fails; the kernel's refusal is NetlinkReply::error()
  [[nodiscard]] NetlinkReply ask(const NetlinkRequest& request);

 private:
  void send(const std::vector<std::uint8_t>& message);
  [[nodiscard]] std::vector<std::uint8_t> receive_datagram();
  void collect(NetlinkBytes datagram, bool is_dump, NetlinkReply& reply) const;

  FileDescriptor fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace pacegate::platform
