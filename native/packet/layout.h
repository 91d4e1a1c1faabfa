/// \file
/// Offsets and sizes of the headers on the wire, in bytes, one namespace per protocol.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pacegate::packet {

/// IEEE 802.3 with an EtherType, untagged.
namespace ethernet {
inline constexpr std::size_t kDestination = 0;
inline constexpr std::size_t kSource = 6;
inline constexpr std::size_t kEtherType = 12;
inline constexpr std::size_t kHeaderBytes = 14;
}  // namespace ethernet

/// RFC 791, section 3.1.
namespace ipv4 {
inline constexpr std::size_t kVersionAndIhl = 0;
inline constexpr std::size_t kTotalLength = 2;
inline constexpr std::size_t kIdentification = 4;
inline constexpr std::size_t kFragment = 6;
inline constexpr std::size_t kTimeToLive = 8;
inline constexpr std::size_t kProtocol = 9;
inline constexpr std::size_t kChecksum = 10;
inline constexpr std::size_t kSource = 12;
inline constexpr std::size_t kDestination = 16;
inline constexpr std::size_t kMinHeaderBytes = 20;
inline constexpr std::size_t kAddressBytes = 4;
inline constexpr std::uint16_t kDontFragment = 0x4000;
/// "More fragments" and the fragment offset: zero together for a whole datagram.
inline constexpr std::uint16_t kFragmentMask = 0x3fff;
}  // namespace ipv4

/// RFC 8200, section 3.
namespace ipv6 {
inline constexpr std::size_t kVersion = 0;
inline constexpr std::size_t kPayloadLength = 4;
inline constexpr std::size_t kNextHeader = 6;
inline constexpr std::size_t kHopLimit = 7;
inline constexpr std::size_t kSource = 8;
inline constexpr std::size_t kDestination = 24;
inline constexpr std::size_t kHeaderBytes = 40;
inline constexpr std::size_t kAddressBytes = 16;
}  // namespace ipv6

/// Extension headers, RFC 8200, sections 4.3 to 4.6.
namespace ipv6_extension {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::size_t kNextHeader = 0;
inline constexpr std::size_t kLength = 1;  ///< in units of 8 bytes, the first 8 not counted
inline constexpr std::size_t kUnitBytes = 8;
inline constexpr std::size_t kFragmentField = 2;
/// Offset and "more fragments"; the two bits between them are reserved.
inline constexpr std::uint16_t kFragmentMask = 0xfff9;
}  // namespace ipv6_extension

/// RFC 9293, section 3.1.
namespace tcp {
inline constexpr std::size_t kSourcePort = 0;
inline constexpr std::size_t kDestinationPort = 2;
inline constexpr std::size_t kSequence = 4;
inline constexpr std::size_t kAcknowledgment = 8;
inline constexpr std::size_t kDataOffset = 12;  ///< upper nibble, in units of 4 bytes
inline constexpr std::size_t kFlags = 13;
inline constexpr std::size_t kWindow = 14;
inline constexpr std::size_t kChecksum = 16;
inline constexpr std::size_t kMinHeaderBytes = 20;
}  // namespace tcp

/// RFC 768.
namespace udp {
inline constexpr std::size_t kSourcePort = 0;
inline constexpr std::size_t kDestinationPort = 2;
inline constexpr std::size_t kLength = 4;
inline constexpr std::size_t kChecksum = 6;
inline constexpr std::size_t kHeaderBytes = 8;
}  // namespace udp

/// The eight bytes that open every ICMP message (RFC 792) and ICMPv6 message (RFC 4443) used here.
namespace icmp {
inline constexpr std::size_t kType = 0;
inline constexpr std::size_t kCode = 1;
inline constexpr std::size_t kChecksum = 2;
inline constexpr std::size_t kHeaderBytes = 8;
inline constexpr std::uint8_t kUnreachableV4 = 3;
inline constexpr std::uint8_t kTimeExceededV4 = 11;
inline constexpr std::uint8_t kUnreachableV6 = 1;
inline constexpr std::uint8_t kTimeExceededV6 = 3;
/// Of the quoted transport header, what RFC 792 promises.
inline constexpr std::size_t kQuotedTransportBytes = 8;
}  // namespace icmp

/// ARP for IPv4 over Ethernet, RFC 826.
namespace arp {
inline constexpr std::size_t kHardwareType = 0;
inline constexpr std::size_t kProtocolType = 2;
inline constexpr std::size_t kHardwareLength = 4;
inline constexpr std::size_t kProtocolLength = 5;
inline constexpr std::size_t kOperation = 6;
inline constexpr std::size_t kSenderMac = 8;
inline constexpr std::size_t kSenderAddress = 14;
inline constexpr std::size_t kTargetMac = 18;
inline constexpr std::size_t kTargetAddress = 24;
inline constexpr std::size_t kBytes = 28;
inline constexpr std::uint16_t kEthernet = 1;
inline constexpr std::uint16_t kRequest = 1;
inline constexpr std::uint16_t kReply = 2;
}  // namespace arp

/// Neighbour solicitation and advertisement, RFC 4861, sections 4.3, 4.4 and 4.6.1.
namespace ndp {
inline constexpr std::uint8_t kSolicitation = 135;
inline constexpr std::uint8_t kAdvertisement = 136;
inline constexpr std::size_t kAdvertisementFlags = 4;
inline constexpr std::uint8_t kSolicitedFlag = 0x40;
inline constexpr std::size_t kTarget = 8;
inline constexpr std::size_t kOptions = 24;  ///< also the size of a message without options
inline constexpr std::size_t kOptionType = 0;
inline constexpr std::size_t kOptionLength = 1;  ///< in units of 8 bytes, all counted
inline constexpr std::size_t kOptionMac = 2;
inline constexpr std::size_t kOptionUnitBytes = 8;
inline constexpr std::uint8_t kSourceLinkLayer = 1;
inline constexpr std::uint8_t kTargetLinkLayer = 2;
/// A router would have lowered it: proof that the sender is on the link.
inline constexpr std::uint8_t kHopLimit = 255;
}  // namespace ndp

}  // namespace pacegate::packet
