/// \file
/// Frames to send and packets received, for the sender and receiver tests.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"
#include "packet/build.h"
#include "packet/parse.h"
#include "platform/clock.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "platform/test_addresses.h"

namespace pacegate::platform::test {

using Packet = std::vector<std::uint8_t>;

struct Seen {
  Packet bytes;
  std::uint16_t ether_type = 0;
  std::uint64_t at_ns = 0;
};

/// A bare TCP packet; `sequence` tells them apart.
inline Packet tcp(const std::string& from, const std::string& to, std::uint16_t to_port,
                  std::uint32_t sequence = 1, std::uint8_t flags = packet::kTcpSyn) {
  std::array<std::uint8_t, 128> buffer{};
  packet::TcpFields fields;
  fields.source = address(from);
  fields.destination = address(to);
  fields.source_port = 40000;
  fields.destination_port = to_port;
  fields.sequence = sequence;
  fields.flags = flags;
  const std::size_t size = packet::build_tcp(fields, buffer);
  REQUIRE(size > 0);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

inline std::uint16_t ether_type_of(const Packet& packet) {
  return (packet.at(0) >> 4) == 4 ? packet::kEtherTypeIpv4 : packet::kEtherTypeIpv6;
}

inline Packet ethernet(const packet::MacAddress& to, const packet::MacAddress& from,
                       std::uint16_t ether_type, const Packet& payload) {
  Packet frame(14 + payload.size());
  std::copy(to.bytes.begin(), to.bytes.end(), frame.begin());
  std::copy(from.bytes.begin(), from.bytes.end(), frame.begin() + 6);
  frame[12] = static_cast<std::uint8_t>(ether_type >> 8);
  frame[13] = static_cast<std::uint8_t>(ether_type);
  std::copy(payload.begin(), payload.end(), frame.begin() + 14);
  return frame;
}

inline void fill(PacketSender& sender, std::size_t index, const Packet& frame) {
  const auto slot = sender.slot(index);
  REQUIRE(frame.size() <= slot.size());
  std::copy(frame.begin(), frame.end(), slot.begin());
  sender.set_length(index, frame.size());
}

/// Receives until `wanted` packets came, or for two seconds.
inline std::vector<Seen> take(PacketReceiver& receiver, std::size_t wanted) {
  std::vector<Seen> seen;
  const std::uint64_t give_up_ns = monotonic_ns() + 2 * kNsPerSecond;
  while (seen.size() < wanted && monotonic_ns() < give_up_ns) {
    (void)receiver.receive(give_up_ns, [&](const ReceivedPacket& received) {
      seen.push_back(
          {{received.bytes.begin(), received.bytes.end()}, received.ether_type, received.at_ns});
    });
  }
  return seen;
}

}  // namespace pacegate::platform::test
