/// \file
/// Frames for the packet tests: answers that a Linux 6.18 kernel gave to our probes on a veth pair,
/// recorded from the network header on, and the means to handle such bytes. 10.99.0.1 and
/// fd00:db8::1 are the prober.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate::packet::test {

using Frame = std::vector<std::uint8_t>;

inline std::uint8_t hex_digit(char c) {
  return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

/// \param text lower-case hexadecimal digits, an even number
inline Frame from_hex(std::string_view text) {
  Frame bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1])));
  }
  return bytes;
}

/// 10.99.0.`last`
inline IpAddress v4_host(std::uint8_t last) {
  return IpAddress::v4(0x0a630000U + last);
}
/// fd00:db8:`subnet`::`last`
inline IpAddress v6_host(std::uint8_t last, std::uint8_t subnet = 0) {
  std::array<std::uint8_t, 16> bytes{0xfd, 0x00, 0x0d, 0xb8, 0x00, subnet};
  bytes[15] = last;
  return IpAddress::from_bytes(bytes);
}

inline constexpr MacAddress kProberMac{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr MacAddress kAnswererMac{{0x02, 0, 0, 0, 0, 0x02}};

/// A heap copy of exactly these bytes, so that the address sanitizer sees the first byte read
/// beyond.
class ExactCopy {
 public:
  explicit ExactCopy(std::span<const std::uint8_t> bytes)
      : data_(new std::uint8_t[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), data_.get());
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_;
};

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// In [0, bound); the slight bias does not matter here.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(next() >> 56); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(next() >> 48); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(next() >> 32); }
  IpAddress address(IpFamily family) {
    if (family == IpFamily::v4) return IpAddress::v4(u32());
    std::array<std::uint8_t, 16> bytes{};
    for (std::uint8_t& b : bytes) b = byte();
    return IpAddress::from_bytes(bytes);
  }

 private:
  std::uint64_t state_;
};

/// One's-complement sum, written a second time in another way, so as not to test the code with
/// itself.
inline std::uint32_t add_words(std::uint32_t sum, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} * 256 : bytes[i];
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

inline bool ip_checksum_holds(std::span<const std::uint8_t> header) {
  return add_words(0, header) == 0xffff;
}

/// \param segment the whole payload, checksum included
inline bool transport_checksum_holds(const IpAddress& source, const IpAddress& destination,
                                     std::uint8_t protocol, std::span<const std::uint8_t> segment) {
  std::uint32_t sum = add_words(0, source.bytes());
  sum = add_words(sum, destination.bytes());
  const std::array<std::uint8_t, 4> rest{0, protocol,
                                         static_cast<std::uint8_t>(segment.size() >> 8),
                                         static_cast<std::uint8_t>(segment.size())};
  return add_words(add_words(sum, rest), segment) == 0xffff;
}

// Its TCP checksum is that of the pseudo header alone: veth leaves the rest to hardware there is
// none of.
inline constexpr std::string_view kSynAckV4 =
    "4500002c00004000400626040a6300020a6300011f909c4018722d6d010203056012faf014e70000020405b4";
inline constexpr std::string_view kResetV4 =
    "4500002800004000400626080a6300020a6300011f919c40000000000102030650140000db2e0000";
// 10.98.0.5 behind a prohibit route.
inline constexpr std::string_view kProhibitedV4 =
    "45c00048076f000040015dbe0a6300020a630001030d11dc00000000"
    "4500002c00094000400625f90a6300010a6200059c4001bb010203060000000060020400dd580000020405b4";
inline constexpr std::string_view kTimeExceededV4 =
    "45c000480773000040015dba0a6300020a6300010b0009e800000000"
    "4500002c000a4000010664f90a6300010a6100059c4001bb010203070000000060020400dd580000020405b4";
inline constexpr std::string_view kSynAckV6 =
    "60015a2800180640fd000db8000000000000000000000002fd000db8000000000000000000000001"
    "1f909c406ce63a63010203056012fd2015930000020405a0";
inline constexpr std::string_view kResetV6 =
    "60068ccd00140640fd000db8000000000000000000000002fd000db8000000000000000000000001"
    "1f919c40000000000102030650140000158f0000";
inline constexpr std::string_view kProhibitedV6 =
    "6007890d00483a40fd000db8000000000000000000000002fd000db8000000000000000000000001"
    "010182cd00000000"
    "6000000000180640fd000db8000000000000000000000001fd000db8009800000000000000000005"
    "9c4001bb010203060000000060020400dc270000020405a0";
inline constexpr std::string_view kTimeExceededV6 =
    "6008d2b000483a40fd000db8000000000000000000000002fd000db8000000000000000000000001"
    "0300810d00000000"
    "6000000000180601fd000db8000000000000000000000001fd000db8009700000000000000000005"
    "9c4001bb010203070000000060020400dc270000020405a0";
// An MLD report behind a hop-by-hop header.
inline constexpr std::string_view kHopByHopV6 =
    "600000000060000100000000000000000000000000000000ff020000000000000000000000000016"
    "3a000502000001008f0067370000000404000000ff0200000000000000000001ff000000"
    "04000000ff05000000000000000000000000000204000000ff02000000000000000000000000000204000000"
    "ff0200000000000000000001ff000002";
inline constexpr std::string_view kArpReply =
    "00010800060400020200000000020a6300020200000000010a630001";
inline constexpr std::string_view kAdvertisement =
    "6000000000203afffd000db8000000000000000000000002fd000db8000000000000000000000001"
    "88007371e0000000fd000db80000000000000000000000020201020000000002";

}  // namespace pacegate::packet::test
