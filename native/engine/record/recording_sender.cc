#include "engine/record/recording_sender.h"

#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"
#include "platform/clock.h"

namespace pacegate {

RecordingSender::RecordingSender(std::unique_ptr<platform::PacketSender> sender, PcapLink link,
                                 FrameSource& source)
    : sender_(std::move(sender)),
      drops_ethernet_(sender_->takes_ethernet() && link == PcapLink::raw_ip),
      source_(source),
      lengths_(sender_->capacity()) {}

platform::SendReport RecordingSender::send(std::size_t first, std::size_t count) noexcept {
  if (lead_ns() > 0) return sender_->send(first, count);
  // Taken before the call: some answers are stamped while it lasts.
  const std::uint64_t at_ns = platform::monotonic_ns();
  const platform::SendReport report = sender_->send(first, count);
  for (std::size_t i = first; i < first + report.accepted; ++i) {
    record(at_ns, sender_->slot(i).first(lengths_[i]));
  }
  source_.publish();
  return report;
}

platform::Departures RecordingSender::take_departures(LatencyHistogram& gaps) noexcept {
  const platform::Departures departures = sender_->take_departures(gaps);
  for (std::size_t i = 0; i < departures.left; ++i) {
    const platform::DepartedFrame frame = sender_->departed(i);
    record(frame.at_ns, frame.bytes);
  }
  if (departures.left > 0) source_.publish();
  return departures;
}

void RecordingSender::record(std::uint64_t at_ns, std::span<const std::uint8_t> frame) noexcept {
  using packet::ethernet::kEtherType;
  using packet::ethernet::kHeaderBytes;
  if (drops_ethernet_) {
    if (packet::read_u16(frame, kEtherType) == packet::kEtherTypeArp) return;
    frame = frame.subspan(kHeaderBytes);
  }
  source_.add(at_ns, static_cast<std::uint32_t>(frame.size()), {}, frame);
}

}  // namespace pacegate
