#include "engine/record/recording_receiver.h"

#include <algorithm>
#include <span>
#include <utility>

#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate {

RecordingReceiver::RecordingReceiver(std::unique_ptr<platform::PacketReceiver> receiver,
                                     const std::optional<packet::MacAddress>& own,
                                     const AnswerMatcher& matcher, FrameSource& source,
                                     const ScanSlots& slots)
    : receiver_(std::move(receiver)),
      has_ethernet_(own.has_value()),
      matcher_(matcher),
      source_(source),
      slots_(slots) {
  if (own) packet::write_bytes(header_, packet::ethernet::kDestination, own->bytes);
}

std::uint64_t RecordingReceiver::receive(std::uint64_t deadline_ns, const Handler& handler) {
  const std::uint64_t heard =
      receiver_->receive(deadline_ns, [&](const platform::ReceivedPacket& received) {
        if (is_ours(received)) record(received);
        handler(received);
      });
  source_.publish();
  return heard;
}

bool RecordingReceiver::is_ours(const platform::ReceivedPacket& received) const {
  Answer answer;
  const AnswerVerdict verdict = matcher_.match(received.bytes, received.wire_bytes, answer);
  if (verdict != AnswerVerdict::unrelated) return verdict == AnswerVerdict::accepted;
  if (slots_.get(kSlotPhase) != static_cast<double>(ScanPhase::resolving)) return false;
  if (received.ether_type == packet::kEtherTypeArp) {
    return has_ethernet_ && packet::parse_arp_reply(received.bytes).has_value();
  }
  const auto ip = packet::parse_ip(received.bytes);
  return ip && packet::parse_neighbour_advertisement(*ip).has_value();
}

/// A capture socket gives packets from the network header on; who sent the frame it says beside.
void RecordingReceiver::record(const platform::ReceivedPacket& received) {
  std::span<const std::uint8_t> link_header;
  if (has_ethernet_) {
    packet::write_bytes(header_, packet::ethernet::kSource, receiver_->sender_mac().bytes);
    packet::write_u16(header_, packet::ethernet::kEtherType, received.ether_type);
    link_header = header_;
  }
  const auto kept = static_cast<std::uint32_t>(received.bytes.size());
  const auto header_bytes = static_cast<std::uint32_t>(link_header.size());
  source_.add(received.at_ns, std::max(received.wire_bytes, kept) + header_bytes, link_header,
              received.bytes);
}

}  // namespace pacegate
