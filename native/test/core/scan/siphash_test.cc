#include "core/scan/siphash.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "core/scan/probe_cookie.h"

namespace pacegate {
namespace {

// The reference vectors of the SipHash paper: key 00 01 .. 0f, message 00 01 .. n-1, n = 0..63.
constexpr std::array<std::uint64_t, 64> kReference = {
    0x726fdb47dd0e0e31U, 0x74f839c593dc67fdU, 0x0d6c8009d9a94f5aU, 0x85676696d7fb7e2dU,
    0xcf2794e0277187b7U, 0x18765564cd99a68dU, 0xcbc9466e58fee3ceU, 0xab0200f58b01d137U,
    0x93f5f5799a932462U, 0x9e0082df0ba9e4b0U, 0x7a5dbbc594ddb9f3U, 0xf4b32f46226bada7U,
    0x751e8fbc860ee5fbU, 0x14ea5627c0843d90U, 0xf723ca908e7af2eeU, 0xa129ca6149be45e5U,
    0x3f2acc7f57c29bdbU, 0x699ae9f52cbe4794U, 0x4bc1b3f0968dd39cU, 0xbb6dc91da77961bdU,
    0xbed65cf21aa2ee98U, 0xd0f2cbb02e3b67c7U, 0x93536795e3a33e88U, 0xa80c038ccd5ccec8U,
    0xb8ad50c6f649af94U, 0xbce192de8a85b8eaU, 0x17d835b85bbb15f3U, 0x2f2e6163076bcfadU,
    0xde4daaaca71dc9a5U, 0xa6a2506687956571U, 0xad87a3535c49ef28U, 0x32d892fad841c342U,
    0x7127512f72f27cceU, 0xa7f32346f95978e3U, 0x12e0b01abb051238U, 0x15e034d40fa197aeU,
    0x314dffbe0815a3b4U, 0x027990f029623981U, 0xcadcd4e59ef40c4dU, 0x9abfd8766a33735cU,
    0x0e3ea96b5304a7d0U, 0xad0c42d6fc585992U, 0x187306c89bc215a9U, 0xd4a60abcf3792b95U,
    0xf935451de4f21df2U, 0xa9538f0419755787U, 0xdb9acddff56ca510U, 0xd06c98cd5c0975ebU,
    0xe612a3cb9ecba951U, 0xc766e62cfcadaf96U, 0xee64435a9752fe72U, 0xa192d576b245165aU,
    0x0a8787bf8ecb74b2U, 0x81b3e73d20b49b6fU, 0x7fa8220ba3b2eceaU, 0x245731c13ca42499U,
    0xb78dbfaf3a8d83bdU, 0xea1ad565322a1a0bU, 0x60e61c23a3795013U, 0x6606d7e446282b93U,
    0x6ca4ecb15c5f91e1U, 0x9f626da15c9625f3U, 0xe51b38608ef25f57U, 0x958a324ceb064572U};
constexpr SipKey kReferenceKey{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::vector<std::uint8_t> counting_bytes(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

/// The cookie's message as bytes, assembled independently of probe_cookie().
std::vector<std::uint8_t> cookie_message(const IpAddress& source, const IpAddress& destination,
                                         std::uint16_t source_port,
                                         std::uint16_t destination_port) {
  std::vector<std::uint8_t> message;
  for (const IpAddress& address : {source, destination}) {
    for (const std::uint8_t byte : address.bytes()) message.push_back(byte);
  }
  for (const std::uint16_t port : {source_port, destination_port}) {
    message.push_back(static_cast<std::uint8_t>(port & 0xff));
    message.push_back(static_cast<std::uint8_t>(port >> 8));
  }
  return message;
}

IpAddress v6(std::uint8_t last) {
  const std::array<std::uint8_t, 16> bytes = {0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4,
                                              5,    6,    7,    8,    9, 8, 7, last};
  return IpAddress::from_bytes(bytes);
}

}  // namespace

TEST_SUITE("siphash") {
  TEST_CASE("all 64 reference vectors") {
    for (std::size_t length = 0; length < kReference.size(); ++length) {
      CAPTURE(length);
      CHECK(siphash24(kReferenceKey, counting_bytes(length)) == kReference[length]);
    }
  }

  TEST_CASE("only the low 8 bits of a length enter, messages of 256 bytes and more still differ") {
    std::set<std::uint64_t> seen;
    for (std::size_t length = 250; length < 530; ++length) {
      seen.insert(siphash24(kReferenceKey, counting_bytes(length)));
    }
    CHECK(seen.size() == 280);
  }

  TEST_CASE("every key bit and every message bit changes the hash") {
    std::vector<std::uint8_t> message = counting_bytes(13);
    const std::uint64_t hash = siphash24(kReferenceKey, message);
    for (unsigned bit = 0; bit < 64; ++bit) {
      const std::uint64_t flip = std::uint64_t{1} << bit;
      CHECK(siphash24({kReferenceKey.k0 ^ flip, kReferenceKey.k1}, message) != hash);
      CHECK(siphash24({kReferenceKey.k0, kReferenceKey.k1 ^ flip}, message) != hash);
    }
    for (std::uint8_t& byte : message) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        byte = static_cast<std::uint8_t>(byte ^ (1U << bit));
        CHECK(siphash24(kReferenceKey, message) != hash);
        byte = static_cast<std::uint8_t>(byte ^ (1U << bit));
      }
    }
  }
}

TEST_SUITE("probe_cookie") {
  TEST_CASE("equals SipHash over the message it documents, IPv4 and IPv6") {
    const SipKey key{0x123456789abcdef0U, 0x0fedcba987654321U};
    const IpAddress us = IpAddress::v4(0xc0a80001U);
    const IpAddress them = IpAddress::v4(0x08080404U);
    CHECK(probe_cookie(key, us, them, 40000, 443) ==
          static_cast<std::uint32_t>(siphash24(key, cookie_message(us, them, 40000, 443))));
    CHECK(probe_cookie(key, v6(1), v6(2), 65535, 1) ==
          static_cast<std::uint32_t>(siphash24(key, cookie_message(v6(1), v6(2), 65535, 1))));
  }

  TEST_CASE("depends on the key, both addresses, both ports and the family") {
    const SipKey key{1, 2};
    const IpAddress a = IpAddress::v4(0x0a000001U);
    const IpAddress b = IpAddress::v4(0x0a000002U);
    const std::set<std::uint32_t> cookies = {
        probe_cookie(key, a, b, 1, 2), probe_cookie({1, 3}, a, b, 1, 2),
        probe_cookie({2, 2}, a, b, 1, 2), probe_cookie(key, b, a, 1, 2),
        probe_cookie(key, a, a, 1, 2), probe_cookie(key, a, b, 2, 1), probe_cookie(key, a, b, 1, 3),
        probe_cookie(key, a, b, 2, 2), probe_cookie(key, v6(1), v6(2), 1, 2),
        probe_cookie(key, v6(1), v6(3), 1, 2), probe_cookie(key, v6(3), v6(2), 1, 2),
        // The IPv6 address whose first bytes are b's and whose rest is zero.
        probe_cookie(key, a, IpAddress::from_bytes(std::array<std::uint8_t, 16>{10, 0, 0, 2}), 1,
                     2)};
    CHECK(cookies.size() == 12);
  }
}

}  // namespace pacegate
