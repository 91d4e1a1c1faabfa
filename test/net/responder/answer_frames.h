/// \file
/// The frames of the packet engine: answers that are right, and answers that are wrong on purpose.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/ip_address.h"
#include "packet/parse.h"
#include "responder/settings.h"

namespace pacegate::responder {

using Frame = std::span<std::uint8_t>;

struct Probe {
  packet::IpPacket ip;
  packet::TcpSegment tcp;
  packet::Bytes bytes;  ///< from the IP header on
  std::uint32_t hash = 0;
};

/// Every function writes an Ethernet frame and returns its bytes, 0 where nothing is to be sent.
class AnswerFrames {
 public:
  explicit AnswerFrames(const responder_settings& settings) : settings_(settings) {}

  /// SYN-ACK or RST.
  [[nodiscard]] std::size_t tcp(const Probe& probe, bool open, Frame out) const;
  /// ICMP 3/13 or ICMPv6 1/1, quoting as much of the probe as has room.
  [[nodiscard]] std::size_t prohibited(const Probe& probe, Frame out) const;
  /// Something that proves nothing. \param choice decides what
  [[nodiscard]] std::size_t garbage(const Probe& probe, std::uint32_t choice, Frame out) const;
  /// The answer to an ARP request or neighbour solicitation for an address of the prefixes.
  [[nodiscard]] std::size_t arp(packet::Bytes request, Frame out) const;
  [[nodiscard]] std::size_t advertisement(const packet::IpPacket& request, Frame out) const;

 private:
  [[nodiscard]] std::size_t framed(std::size_t ip_bytes, std::uint16_t ether_type, Frame out) const;
  [[nodiscard]] std::size_t segment(const Probe& probe, std::uint16_t from_port,
                                    std::uint32_t acknowledgment, std::uint8_t flags,
                                    Frame out) const;
  [[nodiscard]] std::size_t prohibited(const Probe& probe, packet::Bytes quoted, Frame out) const;
  [[nodiscard]] std::size_t noise(std::uint32_t choice, Frame out) const;
  [[nodiscard]] bool answers_for(const IpAddress& address) const;

  const responder_settings& settings_;
};

/// An address as the shared header has it, and back.
[[nodiscard]] truth_address to_truth(const IpAddress& address);
[[nodiscard]] IpAddress from_truth(const truth_address& address);

}  // namespace pacegate::responder
