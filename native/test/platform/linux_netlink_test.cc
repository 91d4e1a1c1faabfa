// Linux only: netlink is.
#ifdef __linux__

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "platform/linux/netlink.h"

using namespace pacegate::platform;

namespace {

using Buffer = std::vector<std::uint8_t>;

/// An attribute as the kernel writes it: length, type, value, padding.
void append(Buffer& buffer, std::uint16_t type, const Buffer& value) {
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), type};
  const std::size_t at = buffer.size();
  buffer.resize(at + NLA_ALIGN(header.nla_len));
  std::memcpy(buffer.data() + at, &header, sizeof header);
  std::copy(value.begin(), value.end(),
            buffer.begin() + static_cast<std::ptrdiff_t>(at) + NLA_HDRLEN);
}

Buffer value_of(const NetlinkMessage& message, std::uint16_t type) {
  const auto value = message.attribute(sizeof(rtmsg), type);
  return value ? Buffer(value->begin(), value->end()) : Buffer{0xff};
}

const Buffer kAbsent{0xff};

}  // namespace

TEST_SUITE("netlink") {
  TEST_CASE("attributes are found behind the body, whatever their length and flags") {
    Buffer payload(sizeof(rtmsg));
    append(payload, 1, {1, 2, 3, 4, 5});
    append(payload, 2, {});
    append(payload, static_cast<std::uint16_t>(3 | NLA_F_NESTED), {9});
    append(payload, 1, {7});
    const NetlinkMessage message{RTM_NEWROUTE, payload};
    CHECK(value_of(message, 1) == Buffer{1, 2, 3, 4, 5});
    CHECK(value_of(message, 2) == Buffer{});
    CHECK(value_of(message, 3) == Buffer{9});
    CHECK(value_of(message, 4) == kAbsent);
  }

  TEST_CASE("a broken attribute ends the search") {
    for (std::uint16_t length : {0, 1, 3, 13, 0xffff}) {
      Buffer payload(sizeof(rtmsg));
      append(payload, 1, {1, 2, 3, 4});
      append(payload, 2, {5, 6, 7, 8});
      std::memcpy(payload.data() + sizeof(rtmsg) + 8, &length, sizeof length);
      const NetlinkMessage message{RTM_NEWROUTE, payload};
      CHECK(value_of(message, 1) == Buffer{1, 2, 3, 4});
      CHECK(value_of(message, 2) == kAbsent);
    }
  }

  TEST_CASE("a message cut anywhere is read without going beyond it") {
    Buffer whole(sizeof(rtmsg));
    append(whole, 1, {1, 2, 3, 4});
    append(whole, 2, {5, 6});
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const NetlinkMessage message{RTM_NEWROUTE, cut};
      (void)message.body<rtmsg>();
      CHECK(value_of(message, 3) == kAbsent);
    }
  }

  TEST_CASE("a number needs four bytes") {
    const Buffer four{1, 0, 0, 0};
    const Buffer three{1, 0, 0};
    CHECK(netlink_u32(four).has_value());
    CHECK_FALSE(netlink_u32(three).has_value());
    CHECK_FALSE(netlink_u32(std::nullopt).has_value());
  }

  TEST_CASE("the kernel's refusal is an errno, and the socket goes on working") {
    NetlinkSocket socket;
    ifinfomsg no_such_device{};
    no_such_device.ifi_index = 0x7fffffff;
    for (int i = 0; i < 3; ++i) {
      const NetlinkReply refused = socket.ask({RTM_GETLINK, 0, no_such_device});
      CHECK(refused.error() == ENODEV);
      CHECK(refused.messages().empty());
      const NetlinkReply links = socket.ask({RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}});
      CHECK(links.error() == 0);
      CHECK_FALSE(links.messages().empty());
    }
  }
}

#endif
