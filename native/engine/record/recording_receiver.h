/// \file
/// A receiver whose answers are recorded. Around the device's own one only where a scan is recorded:
/// otherwise nothing of this is on any path.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/record/frame_source.h"
#include "engine/scan/answer.h"
#include "engine/scan/scan_slots.h"
#include "packet/layout.h"
#include "packet/mac_address.h"
#include "platform/packet_receiver.h"

namespace pacegate {

/// Records answers to this scan's probes, late and repeated ones too, and, while it asks for the MAC addresses
/// of next hops, the answers to that. Packets of others pass unrecorded.
class RecordingReceiver final : public platform::PacketReceiver {
 public:
  /// \param own the device's address, where the file's frames begin with an Ethernet header
  /// \param source the capturing thread's; outlives the receiver
  /// \param slots say what the scan is doing; outlive the receiver
  RecordingReceiver(std::unique_ptr<platform::PacketReceiver> receiver,
                    const std::optional<packet::MacAddress>& own, const AnswerMatcher& matcher,
                    FrameSource& source, const ScanSlots& slots);

  std::uint64_t receive(std::uint64_t deadline_ns, const Handler& handler) override;
  void wake() noexcept override { receiver_->wake(); }
  [[nodiscard]] platform::ReceiverCounters counters() noexcept override {
    return receiver_->counters();
  }
  [[nodiscard]] packet::MacAddress sender_mac() const noexcept override {
    return receiver_->sender_mac();
  }

 private:
  [[nodiscard]] bool is_ours(const platform::ReceivedPacket& received) const;
  void record(const platform::ReceivedPacket& received);

  std::unique_ptr<platform::PacketReceiver> receiver_;
  bool has_ethernet_;
  std::array<std::uint8_t, packet::ethernet::kHeaderBytes> header_{};  // of the packet at hand
  AnswerMatcher matcher_;
  FrameSource& source_;
  const ScanSlots& slots_;
};

}  // namespace pacegate
