/// \file
/// Every parser of native/packet on the same bytes, as they would come from a network header on.
/// Beyond what the sanitizers see, it holds the parsers to what their headers promise, and to
/// agreeing with the builders.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "packet/build.h"
#include "packet/checksum.h"
#include "packet/parse.h"

namespace {

using namespace pacegate;
using namespace pacegate::packet;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_tcp(const IpPacket& packet) {
  const auto segment = parse_tcp(packet.payload);
  if (!segment) return;
  std::array<std::uint8_t, 60> out{};
  const std::size_t bytes =
      build_tcp({packet.source, packet.destination, segment->source_port, segment->destination_port,
                 segment->sequence, segment->acknowledgment, segment->flags, packet.hop_limit},
                out);
  const auto rebuilt = parse_ip(std::span(out).first(bytes));
  require(rebuilt && rebuilt->source == packet.source &&
          rebuilt->destination == packet.destination && rebuilt->hop_limit == packet.hop_limit);
  const auto again = parse_tcp(rebuilt->payload);
  require(again && again->source_port == segment->source_port &&
          again->destination_port == segment->destination_port &&
          again->sequence == segment->sequence &&
          again->acknowledgment == segment->acknowledgment && again->flags == segment->flags);
}

void check_icmp(const IpPacket& packet) {
  const auto error = parse_icmp_error(packet);
  if (!error) return;
  require(error->quoted_source.family() == packet.source.family() &&
          error->quoted_destination.family() == packet.source.family());
  require(error->quoted_protocol == kProtocolTcp || error->quoted_sequence == 0);
  require(error->quoted_protocol == kProtocolTcp || error->quoted_protocol == kProtocolUdp ||
          (error->quoted_source_port == 0 && error->quoted_destination_port == 0));
  // The same quote in an error of our own must read the same.
  constexpr std::size_t kIcmpHeader = 8;
  std::vector<std::uint8_t> out(packet.payload.size() + 40);
  const std::size_t bytes = build_icmp_error({packet.source, packet.destination, error->type,
                                              error->code, packet.payload.subspan(kIcmpHeader)},
                                             out);
  if (bytes == 0) return;  // what an IPv6 packet holds can be more than fits an IPv4 one's length
  const auto rebuilt = parse_ip(std::span(out).first(bytes));
  require(rebuilt.has_value());
  const auto again = parse_icmp_error(*rebuilt);
  require(again && again->quoted_destination == error->quoted_destination &&
          again->quoted_destination_port == error->quoted_destination_port &&
          again->quoted_sequence == error->quoted_sequence);
}

void check_reply(const NeighbourReply& reply, IpFamily family) {
  require(reply.address.family() == family && (reply.mac.bytes[0] & 1) == 0);
}

void check_advertisement(const IpPacket& packet) {
  if (const auto reply = parse_neighbour_advertisement(packet)) check_reply(*reply, IpFamily::v6);
  // A fuzzer does not guess checksums: the same message with the right one.
  if (packet.payload.size() < 4 || !packet.source.is_v6()) return;
  std::vector<std::uint8_t> message(packet.payload.begin(), packet.payload.end());
  message[2] = message[3] = 0;
  const std::uint64_t pseudo = pseudo_header_sum(packet.source, packet.destination, kProtocolIcmpv6,
                                                 static_cast<std::uint32_t>(message.size()));
  const std::uint16_t checksum = checksum_finish(checksum_add(pseudo, message));
  message[2] = static_cast<std::uint8_t>(checksum >> 8);
  message[3] = static_cast<std::uint8_t>(checksum);
  IpPacket summed = packet;
  summed.payload = message;
  if (const auto reply = parse_neighbour_advertisement(summed)) check_reply(*reply, IpFamily::v6);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  if (const auto reply = parse_arp_reply(bytes)) check_reply(*reply, IpFamily::v4);
  (void)parse_tcp(bytes);
  // As a capture would have cut it: what is left must hold, however little.
  if (const auto cut = parse_ip(bytes, std::size_t{65'575})) {
    require(cut->payload.data() + cut->payload.size() <= data + size);
    (void)parse_icmp_error(*cut);
  }
  const auto packet = parse_ip(bytes);
  if (!packet) return 0;
  require(packet->source.family() == packet->destination.family());
  const std::uint8_t* const payload = packet->payload.data();
  require(payload > data && payload + packet->payload.size() <= data + size);
  check_tcp(*packet);
  check_icmp(*packet);
  check_advertisement(*packet);
  return 0;
}
