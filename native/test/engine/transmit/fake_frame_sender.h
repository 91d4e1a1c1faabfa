/// \file
/// Senders in memory: one that takes as much as it is told, one that holds frames until their time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "platform/packet_sender.h"

namespace pacegate::test {

using Frame = std::vector<std::uint8_t>;

/// What has left, and what will: outlives the sender.
struct FakeDevice {
  /// Decides about one send() call: how many frames are taken and how it ends.
  using Policy = std::function<platform::SendReport(std::size_t count)>;

  Policy policy;
  /// Of a sender that holds frames: refusals are told of one take_departures() after their frames.
  bool tells_refusals_late = false;
  std::atomic<int> opened{0};
  std::atomic<std::size_t> calls{0};

  void take(Frame frame) {
    const std::scoped_lock lock(mutex_);
    left_.push_back(std::move(frame));
  }
  std::vector<Frame> left() {
    const std::scoped_lock lock(mutex_);
    return left_;
  }
  std::size_t count() {
    const std::scoped_lock lock(mutex_);
    return left_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<Frame> left_;
};

class FakeFrameSender : public platform::PacketSender {
 public:
  static constexpr std::size_t kSlots = 64;

  FakeFrameSender(std::shared_ptr<FakeDevice> device, std::size_t slot_bytes)
      : device_(std::move(device)), slots_(kSlots, Frame(slot_bytes)), lengths_(kSlots) {
    ++device_->opened;
  }

  [[nodiscard]] std::size_t capacity() const noexcept override { return kSlots; }
  [[nodiscard]] std::span<std::uint8_t> slot(std::size_t index) noexcept override {
    return slots_[index];
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    lengths_[index] = bytes;
  }
  [[nodiscard]] platform::SendReport send(std::size_t first, std::size_t count) noexcept override {
    ++device_->calls;
    platform::SendReport report{.accepted = count};
    if (device_->policy) report = device_->policy(count);
    for (std::size_t i = first; i < first + report.accepted; ++i) device_->take(frame(i));
    return report;
  }
  [[nodiscard]] bool takes_ethernet() const noexcept override { return true; }
  [[nodiscard]] const char* backend() const noexcept override { return "fake"; }

 protected:
  [[nodiscard]] Frame frame(std::size_t index) const {
    const auto begin = slots_[index].begin();
    return {begin, begin + static_cast<std::ptrdiff_t>(lengths_[index])};
  }
  FakeDevice& device() { return *device_; }

 private:
  std::shared_ptr<FakeDevice> device_;
  std::vector<Frame> slots_;
  std::vector<std::size_t> lengths_;
};

/// Frames leave when somebody looks and their time has come; the policy says how many of those that
/// leave the device takes.
class FakeHoldingSender final : public FakeFrameSender {
 public:
  using FakeFrameSender::FakeFrameSender;

  [[nodiscard]] std::uint64_t lead_ns() const noexcept override { return 4'000'000; }
  [[nodiscard]] std::size_t room() noexcept override {
    return kSlots - held_.size() - untold_.left;
  }
  void set_departure(std::size_t index, std::uint64_t at_ns) noexcept override {
    departures_[index] = at_ns;
  }
  [[nodiscard]] platform::SendReport send(std::size_t first, std::size_t count) noexcept override {
    for (std::size_t i = first; i < first + count; ++i) {
      held_.emplace_back(departures_[i], frame(i));
    }
    return {.accepted = count};
  }
  platform::Departures take_departures(LatencyHistogram& /*gaps*/) noexcept override {
    transmit();
    platform::Departures told = std::exchange(untold_, {});
    if (device().tells_refusals_late) std::swap(told.refused, late_refusals_);
    return told;
  }
  [[nodiscard]] std::size_t held() noexcept override {
    transmit();
    return held_.size();
  }

 private:
  void transmit() {
    const std::uint64_t now = platform::monotonic_ns();
    while (!held_.empty() && held_.front().first <= now) {
      if (untold_.left++ == 0) untold_.first_ns = now;
      untold_.last_ns = now;
      if (device().policy && device().policy(1).accepted == 0) {
        ++untold_.refused;
      } else {
        device().take(held_.front().second);
      }
      held_.pop_front();
    }
  }

  std::vector<std::uint64_t> departures_ = std::vector<std::uint64_t>(kSlots);
  std::deque<std::pair<std::uint64_t, Frame>> held_;
  platform::Departures untold_;
  std::uint64_t late_refusals_ = 0;
};

}  // namespace pacegate::test
