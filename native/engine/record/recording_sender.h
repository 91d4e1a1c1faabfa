/// \file
/// A sender whose frames are recorded. Around the device's own one only where a scan is recorded:
/// otherwise nothing of this is on any path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/record/frame_source.h"
#include "engine/record/pcap_file.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// Records what the kernel has taken, with the time of the call that handed it over; with a lead what
/// has left, with the time at which it did.
class RecordingSender final : public platform::PacketSender {
 public:
  /// \param link what the file's frames begin with
  /// \param source the sending thread's; outlives the sender
  RecordingSender(std::unique_ptr<platform::PacketSender> sender, PcapLink link,
                  FrameSource& source);

  [[nodiscard]] std::size_t capacity() const noexcept override { return sender_->capacity(); }
  [[nodiscard]] std::span<std::uint8_t> slot(std::size_t index) noexcept override {
    return sender_->slot(index);
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    lengths_[index] = bytes;
    sender_->set_length(index, bytes);
  }
  [[nodiscard]] platform::SendReport send(std::size_t first, std::size_t count) noexcept override;
  [[nodiscard]] bool takes_ethernet() const noexcept override { return sender_->takes_ethernet(); }
  [[nodiscard]] const char* backend() const noexcept override { return sender_->backend(); }

  [[nodiscard]] std::uint64_t lead_ns() const noexcept override { return sender_->lead_ns(); }
  [[nodiscard]] std::size_t room() noexcept override { return sender_->room(); }
  void set_departure(std::size_t index, std::uint64_t at_ns) noexcept override {
    sender_->set_departure(index, at_ns);
  }
  [[nodiscard]] platform::Departures take_departures(LatencyHistogram& gaps) noexcept override;
  [[nodiscard]] platform::DepartedFrame departed(std::size_t index) const noexcept override {
    return sender_->departed(index);
  }
  [[nodiscard]] std::size_t held() noexcept override { return sender_->held(); }

 private:
  void record(std::uint64_t at_ns, std::span<const std::uint8_t> frame) noexcept;

  std::unique_ptr<platform::PacketSender> sender_;
  bool drops_ethernet_;  // the file has bare IP packets
  FrameSource& source_;
  std::vector<std::size_t> lengths_;  // by slot
};

}  // namespace pacegate
