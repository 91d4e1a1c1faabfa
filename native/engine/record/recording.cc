#include "engine/record/recording.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/record/recording_receiver.h"
#include "engine/record/recording_sender.h"

namespace pacegate {
namespace {

/// A second of what may be sent: a disk is away for a few hundred milliseconds now and then.
FrameRecorder::Room room_for(const ScanOptions& options) {
  constexpr double kBytesPerFrame = 112;
  constexpr double kLeast = 1 << 20;
  constexpr double kMost = 32 << 20;
  const auto room =
      static_cast<std::size_t>(std::clamp(options.top_rate() * kBytesPerFrame, kLeast, kMost));
  return {.sent = room, .received = room};
}

/// A file has one link type. Where one device takes bare IP packets, all packets are recorded so: an
/// Ethernet header can be left out truthfully, but not made up.
PcapLink common_link(const Network& network) {
  const bool has_ethernet =
      std::all_of(network.links.begin(), network.links.end(),
                  [](const Link& link) { return link.sender->takes_ethernet(); });
  return has_ethernet ? PcapLink::ethernet : PcapLink::raw_ip;
}

}  // namespace

std::unique_ptr<FrameRecorder> record(Network& network, const ScanOptions& options,
                                      ScanSlots& slots) {
  if (options.record.file.empty()) return nullptr;
  const auto& [path, goes_on] = options.record;
  auto recorder = std::make_unique<FrameRecorder>(
      PcapFile(platform::open_record_file(path), path, common_link(network), goes_on),
      network.links.size(), room_for(options), slots);
  const AnswerMatcher matcher(options.cookie_key, options.source_port, options.canary_port());
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    Link& link = network.links[i];
    const bool has_ethernet = recorder->link() == PcapLink::ethernet;
    link.sender = std::make_unique<RecordingSender>(std::move(link.sender), recorder->link(),
                                                    recorder->sent());
    link.receiver = std::make_unique<RecordingReceiver>(
        std::move(link.receiver), has_ethernet ? std::optional(link.interface.mac) : std::nullopt,
        matcher, recorder->received(i), slots);
  }
  return recorder;
}

}  // namespace pacegate
