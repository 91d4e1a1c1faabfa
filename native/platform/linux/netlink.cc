#include "platform/linux/netlink.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

constexpr int kDumpAttempts = 4;

template <class T>
T read_as(NetlinkBytes bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

void NetlinkRequest::append(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  payload_.insert(payload_.end(), bytes, bytes + size);
  payload_.resize(NLMSG_ALIGN(payload_.size()));
}

void NetlinkRequest::add(std::uint16_t attribute, NetlinkBytes value) {
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), attribute};
  append(&header, sizeof header);
  append(value.data(), value.size());
}

void NetlinkRequest::add(std::uint16_t attribute, std::uint32_t value) {
  std::array<std::uint8_t, sizeof value> bytes{};
  std::memcpy(bytes.data(), &value, sizeof value);
  add(attribute, bytes);
}

std::vector<std::uint8_t> NetlinkRequest::finish(std::uint32_t sequence) const {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + payload_.size());
  header.nlmsg_type = type_;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags_);
  header.nlmsg_seq = sequence;
  std::vector<std::uint8_t> message(header.nlmsg_len);
  std::memcpy(message.data(), &header, sizeof header);
  std::copy(payload_.begin(), payload_.end(), message.begin() + NLMSG_HDRLEN);
  return message;
}

std::optional<NetlinkBytes> NetlinkMessage::attribute(std::size_t body_size,
                                                      std::uint16_t wanted) const {
  std::size_t at = NLMSG_ALIGN(body_size);
  while (at + NLA_HDRLEN <= payload.size()) {
    const auto header = read_as<nlattr>(payload.subspan(at));
    if (header.nla_len < NLA_HDRLEN || header.nla_len > payload.size() - at) break;
    if ((header.nla_type & NLA_TYPE_MASK) == wanted) {
      return payload.subspan(at + NLA_HDRLEN, header.nla_len - NLA_HDRLEN);
    }
    at += NLA_ALIGN(header.nla_len);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> netlink_u32(std::optional<NetlinkBytes> value) {
  if (!value || value->size() < sizeof(std::uint32_t)) return std::nullopt;
  return read_as<std::uint32_t>(*value);
}

NetlinkSocket::NetlinkSocket(int protocol)
    : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)) {
  if (!fd_.is_open()) throw_system_error("cannot ask the kernel (netlink)", errno);
}

NetlinkReply NetlinkSocket::ask(const NetlinkRequest& request) {
  for (int attempt = 1;; ++attempt) {
    send(request.finish(++sequence_));
    NetlinkReply reply;
    while (!reply.complete_) {
      reply.datagrams_.push_back(receive_datagram());
      collect(reply.datagrams_.back(), request.is_dump(), reply);
    }
    if (!reply.interrupted_ || attempt == kDumpAttempts) return reply;
  }
}

void NetlinkSocket::send(const std::vector<std::uint8_t>& message) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  while (sendto(fd_.get(), message.data(), message.size(), 0,
                reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0) {
    if (errno != EINTR) throw_system_error("cannot ask the kernel (netlink)", errno);
  }
}

std::vector<std::uint8_t> NetlinkSocket::receive_datagram() {
  for (;;) {
    // Peek for the size: a device with many virtual functions has a description beyond any fixed
    // buffer.
    const ssize_t size = recv(fd_.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC);
    std::vector<std::uint8_t> datagram(size > 0 ? static_cast<std::size_t>(size) : 0);
    const ssize_t taken = size < 0 ? -1 : recv(fd_.get(), datagram.data(), datagram.size(), 0);
    if (taken >= 0) {
      datagram.resize(static_cast<std::size_t>(taken));
      return datagram;
    }
    if (errno != EINTR) throw_system_error("cannot read the kernel's answer (netlink)", errno);
  }
}

void NetlinkSocket::collect(NetlinkBytes datagram, bool is_dump, NetlinkReply& reply) const {
  while (datagram.size() >= NLMSG_HDRLEN) {
    const auto header = read_as<nlmsghdr>(datagram);
    if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > datagram.size()) return;
    const NetlinkBytes payload = datagram.subspan(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
    datagram =
        datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size()));
    if (header.nlmsg_seq != sequence_) continue;  // left over from an earlier attempt
    if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) reply.interrupted_ = true;
    if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
      // Both start with a negative errno, or 0.
      if (payload.size() >= sizeof(int)) reply.error_ = -read_as<int>(payload);
      reply.complete_ = true;
    } else if (header.nlmsg_type >= NLMSG_MIN_TYPE) {
      reply.messages_.push_back({header.nlmsg_type, payload});
      reply.complete_ = reply.complete_ || !is_dump;
    }
  }
}

}  // namespace pacegate::platform
