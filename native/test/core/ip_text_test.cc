#include "core/ip_text.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>

#include "core/ip_prefix.h"

namespace pacegate {
namespace {

IpAddress v6(const std::array<std::uint16_t, 8>& groups) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xffU);
  }
  return IpAddress::from_bytes(bytes);
}

IpAddress read(const char* text) {
  const std::optional<IpAddress> address = parse_ip_address(text);
  REQUIRE_MESSAGE(address.has_value(), text);
  return *address;
}

}  // namespace

TEST_SUITE("ip_text") {
  TEST_CASE("dotted quads") {
    CHECK(read("0.0.0.0") == IpAddress::v4(0));
    CHECK(read("127.0.0.1") == IpAddress::v4(0x7f000001));
    CHECK(read("255.255.255.255") == IpAddress::v4(0xffffffff));
  }

  TEST_CASE("IPv6 in all its forms") {
    CHECK(read("::") == v6({}));
    CHECK(read("::1") == v6({0, 0, 0, 0, 0, 0, 0, 1}));
    CHECK(read("1::") == v6({1}));
    CHECK(read("2001:DB8::1") == v6({0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}));
    CHECK(read("1:2:3:4:5:6:7:8") == v6({1, 2, 3, 4, 5, 6, 7, 8}));
    CHECK(read("1::3:4:5:6:7:8") == v6({1, 0, 3, 4, 5, 6, 7, 8}));
    CHECK(read("1:2:3:4:5:6:7::") == v6({1, 2, 3, 4, 5, 6, 7, 0}));
    CHECK(read("::2:3:4:5:6:7:8") == v6({0, 2, 3, 4, 5, 6, 7, 8}));
    CHECK(read("::ffff:1.2.3.4") == v6({0, 0, 0, 0, 0, 0xffff, 0x102, 0x304}));
    CHECK(read("1:2:3:4:5:6:1.2.3.4") == v6({1, 2, 3, 4, 5, 6, 0x102, 0x304}));
  }

  TEST_CASE("what is no address") {
    for (const char* text : {"",
                             "1",
                             "1.2.3",
                             "1.2.3.4.5",
                             "256.1.1.1",
                             "01.2.3.4",
                             "1.2.3.04",
                             "1.2.3.4 ",
                             " 1.2.3.4",
                             "1..2.3",
                             "1.2.3.",
                             ".1.2.3",
                             "0x1.2.3.4",
                             "1.2.3.-4",
                             "1000.1.1.1",
                             "example.org",
                             ":",
                             ":::",
                             "1:",
                             ":1",
                             "1:2",
                             "1:2:3:4:5:6:7",
                             "1::2::3",
                             "12345::",
                             "g::",
                             "1:2:3:4:5:6:7:8:9",
                             "1:2:3:4::5:6:7:8",
                             "::1%eth0",
                             "::1.2.3",
                             "1.2.3.4::",
                             "::1.2.3.4:5",
                             "1:2:3:4:5:6:7:1.2.3.4",
                             "::1.2.3.256",
                             "[::1]",
                             "::1/64"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_ip_address(text).has_value());
    }
  }

  TEST_CASE("any address is read as it was written; no bytes crash") {
    std::mt19937_64 random(5);
    for (int round = 0; round < 20'000; ++round) {
      std::array<std::uint16_t, 8> groups{};
      for (std::uint16_t& group : groups) group = static_cast<std::uint16_t>(random());
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), "%x:%x:%x:%x:%x:%x:%x:%x", groups[0], groups[1],
                    groups[2], groups[3], groups[4], groups[5], groups[6], groups[7]);
      REQUIRE(parse_ip_address(text.data()) == v6(groups));
      std::string noise;
      for (std::uint64_t i = random() % 24; i > 0; --i)
        noise += "0123456789abcf:::..% "[random() % 21];
      static_cast<void>(parse_ip_address(noise));
    }
  }
}

TEST_SUITE("ip_prefix") {
  TEST_CASE("keeps the leading bits") {
    CHECK(ip_prefix(read("10.1.2.3"), 24) == read("10.1.2.0"));
    CHECK(ip_prefix(read("10.1.2.255"), 25) == read("10.1.2.128"));
    CHECK(ip_prefix(read("10.1.2.3"), 32) == read("10.1.2.3"));
    CHECK(ip_prefix(read("10.1.2.3"), 200) == read("10.1.2.3"));
    CHECK(ip_prefix(read("10.1.2.3"), 0) == read("0.0.0.0"));
    CHECK(ip_prefix(read("2001:db8:1:2:3::4"), 64) == read("2001:db8:1:2::"));
    CHECK(ip_prefix(read("2001:db8:1:2:3::4"), 0) == read("::"));
    CHECK(ip_prefix(read("2001:db8::ff"), 127) == read("2001:db8::fe"));
  }

  TEST_CASE("a mapped address is the IPv4 one") {
    CHECK(unmapped(read("::ffff:10.1.2.3")) == read("10.1.2.3"));
    CHECK(unmapped(read("::ffff:0:10.1.2.3")) == read("::ffff:0:10.1.2.3"));
    CHECK(unmapped(read("::10.1.2.3")) == read("::10.1.2.3"));
    CHECK(unmapped(read("10.1.2.3")) == read("10.1.2.3"));
  }
}

}  // namespace pacegate
