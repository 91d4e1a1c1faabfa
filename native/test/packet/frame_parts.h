/// \file
/// Frames built from their parts, checksums included, by code of its own: what varied frames are
/// compared with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "packet/parse.h"
#include "packet/test_frames.h"

namespace pacegate::packet::test {

struct FrameParts {
  bool ethernet = true;
  IpAddress source = v4_host(1);
  IpAddress destination = v4_host(2);
  std::uint8_t protocol = kProtocolTcp;
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 80;
  std::size_t ip_options = 0;  ///< bytes, of zeros; for IPv6 those of a destination options header
  std::size_t padding = 0;     ///< bytes behind the packet
  std::vector<std::uint8_t> payload;

  [[nodiscard]] Frame build() const {
    Frame frame = ethernet ? link_header() : Frame();
    const Frame transport = this->transport();
    const Frame ip =
        destination.is_v6() ? v6_header(transport.size()) : v4_header(transport.size());
    frame.insert(frame.end(), ip.begin(), ip.end());
    frame.insert(frame.end(), transport.begin(), transport.end());
    frame.insert(frame.end(), padding, 0xaa);
    return frame;
  }

  /// The transport's.
  [[nodiscard]] std::uint16_t checksum_in(const Frame& frame) const {
    const std::size_t at = checksum_offset();
    return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
  }
  void set_checksum_in(Frame& frame, std::uint16_t checksum) const {
    put16(frame, checksum_offset(), checksum);
  }

 private:
  static void put16(Frame& frame, std::size_t at, std::size_t value) {
    frame[at] = static_cast<std::uint8_t>(value >> 8);
    frame[at + 1] = static_cast<std::uint8_t>(value);
  }

  [[nodiscard]] std::size_t checksum_at() const {
    if (protocol == kProtocolTcp) return 16;
    return protocol == kProtocolUdp ? 6 : 2;
  }

  [[nodiscard]] std::size_t checksum_offset() const {
    return (ethernet ? 14U : 0U) + (destination.is_v6() ? 40U : 20U) + ip_options + checksum_at();
  }

  [[nodiscard]] Frame link_header() const {
    Frame header(14, 0x02);
    put16(header, 12, destination.is_v6() ? kEtherTypeIpv6 : kEtherTypeIpv4);
    return header;
  }

  [[nodiscard]] Frame v4_header(std::size_t transport_bytes) const {
    Frame header(20 + ip_options);
    header[0] = static_cast<std::uint8_t>(0x40 | (header.size() / 4));
    put16(header, 2, header.size() + transport_bytes);
    put16(header, 4, 0x1234);
    header[8] = 64;
    header[9] = protocol;
    std::ranges::copy(source.bytes(), header.begin() + 12);
    std::ranges::copy(destination.bytes(), header.begin() + 16);
    put16(header, 10, ~add_words(0, header) & 0xffff);
    return header;
  }

  [[nodiscard]] Frame v6_header(std::size_t transport_bytes) const {
    Frame header(40 + ip_options);
    header[0] = 0x60;
    put16(header, 4, ip_options + transport_bytes);
    header[6] = ip_options == 0 ? protocol : 60;
    header[7] = 64;
    std::ranges::copy(source.bytes(), header.begin() + 8);
    std::ranges::copy(destination.bytes(), header.begin() + 24);
    if (ip_options > 0) {
      header[40] = protocol;
      header[41] = static_cast<std::uint8_t>(ip_options / 8 - 1);
    }
    return header;
  }

  [[nodiscard]] Frame transport() const {
    Frame segment(protocol == kProtocolTcp ? 20 : 8);
    if (protocol == kProtocolIcmp || protocol == kProtocolIcmpv6) {
      segment[0] = 8;
    } else {
      put16(segment, 0, source_port);
      put16(segment, 2, destination_port);
    }
    if (protocol == kProtocolTcp) segment[12] = 0x50;
    if (protocol == kProtocolUdp) put16(segment, 4, segment.size() + payload.size());
    segment.insert(segment.end(), payload.begin(), payload.end());
    const std::uint32_t sum = add_words(pseudo_header(segment.size()), segment);
    std::uint32_t checksum = ~sum & 0xffff;
    if (protocol == kProtocolUdp && checksum == 0) checksum = 0xffff;
    put16(segment, checksum_at(), checksum);
    return segment;
  }

  /// ICMP of IPv4 has none.
  [[nodiscard]] std::uint32_t pseudo_header(std::size_t bytes) const {
    if (protocol == kProtocolIcmp) return 0;
    const std::uint32_t addresses = add_words(add_words(0, source.bytes()), destination.bytes());
    const std::uint8_t rest[] = {0, protocol, static_cast<std::uint8_t>(bytes >> 8),
                                 static_cast<std::uint8_t>(bytes)};
    return add_words(addresses, rest);
  }
};

}  // namespace pacegate::packet::test
