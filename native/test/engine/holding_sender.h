/// \file
/// A sender with a lead, in memory: it holds frames until their departure and puts them on a
/// FakeWire by itself.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "engine/fake_network.h"

namespace pacegate::test {

/// What leaves is decided whenever the sender is asked something, from the clock.
class HoldingSender final : public platform::PacketSender {
 public:
  static constexpr std::size_t kSlots = 256;

  struct Behaviour {
    std::uint64_t lead_ns = 2'000'000;
    /// Whether the device has no room for the n-th frame.
    std::function<bool(std::uint64_t)> refuses = [](std::uint64_t) { return false; };
    /// Frames leave this long after their departure.
    std::uint64_t late_ns = 0;
    /// After that many frames nothing leaves any more.
    std::uint64_t stuck_after = UINT64_MAX;
    /// Refusals are told of one take_departures() after their frames.
    bool tells_refusals_late = false;
  };

  HoldingSender(std::shared_ptr<FakeWire> wire, Behaviour behaviour)
      : wire_(std::move(wire)), behaviour_(std::move(behaviour)) {}

  [[nodiscard]] std::size_t capacity() const noexcept override { return kSlots; }
  [[nodiscard]] std::span<std::uint8_t> slot(std::size_t index) noexcept override {
    return frames_[index].bytes;
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    frames_[index].length = bytes;
  }
  void set_departure(std::size_t index, std::uint64_t at_ns) noexcept override {
    frames_[index].departure_ns = at_ns;
  }
  [[nodiscard]] std::uint64_t lead_ns() const noexcept override { return behaviour_.lead_ns; }
  [[nodiscard]] std::size_t room() noexcept override { return kSlots - untold(); }
  [[nodiscard]] platform::SendReport send(std::size_t first, std::size_t count) noexcept override {
    in_order_ = in_order_ && first == 0 && count <= kSlots - untold();
    for (std::size_t i = 0; i < count; ++i) {
      const Held& frame = frames_[i];
      in_order_ = in_order_ && frame.departure_ns >= last_departure_ns_;
      last_departure_ns_ = frame.departure_ns;
      held_.push_back(frame);
    }
    return {.accepted = count};
  }
  platform::Departures take_departures(LatencyHistogram& gaps) noexcept override {
    transmit();
    if (departures_.left > 0) gaps.record(0);
    told_ = std::exchange(left_, {});
    platform::Departures told = std::exchange(departures_, {});
    if (behaviour_.tells_refusals_late) std::swap(told.refused, late_refusals_);
    return told;
  }
  [[nodiscard]] platform::DepartedFrame departed(std::size_t index) const noexcept override {
    return {std::span(told_[index].bytes).first(told_[index].length), told_[index].departure_ns};
  }
  [[nodiscard]] std::size_t held() noexcept override {
    transmit();
    return held_.size();
  }
  [[nodiscard]] bool takes_ethernet() const noexcept override { return false; }
  [[nodiscard]] const char* backend() const noexcept override { return "holding"; }

  /// Whether the contract was kept: slots from 0 on, no more than room(), departures not
  /// decreasing.
  [[nodiscard]] bool in_order() const { return in_order_; }

 private:
  struct Held {
    std::array<std::uint8_t, kSlotBytes> bytes{};
    std::size_t length = 0;
    std::uint64_t departure_ns = 0;  // once it has left: when it did
  };

  /// Frames whose slots are taken: also those that have left, until somebody hears of it.
  [[nodiscard]] std::size_t untold() const { return held_.size() + departures_.left; }

  void transmit() {
    const std::uint64_t now = platform::monotonic_ns();
    while (!held_.empty() && held_.front().departure_ns + behaviour_.late_ns <= now &&
           transmitted_ < behaviour_.stuck_after) {
      Held& frame = left_.emplace_back(held_.front());
      held_.pop_front();
      frame.departure_ns = now;
      if (departures_.left++ == 0) departures_.first_ns = now;
      departures_.last_ns = now;
      if (behaviour_.refuses(transmitted_++)) {
        ++departures_.refused;
      } else {
        wire_->probe(std::span(frame.bytes).first(frame.length));
      }
    }
  }

  std::shared_ptr<FakeWire> wire_;
  Behaviour behaviour_;
  std::array<Held, kSlots> frames_{};
  std::deque<Held> held_;
  std::vector<Held> left_;           // nobody was told of
  std::vector<Held> told_;           // by the last take_departures()
  platform::Departures departures_;  // not told of yet
  std::uint64_t late_refusals_ = 0;
  std::uint64_t transmitted_ = 0;
  std::uint64_t last_departure_ns_ = 0;
  bool in_order_ = true;
};

}  // namespace pacegate::test
