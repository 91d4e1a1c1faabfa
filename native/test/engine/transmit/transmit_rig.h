/// \file
/// A transmitter over a device in memory, and what its tests ask of it.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "core/time.h"
#include "engine/transmit/fake_frame_sender.h"
#include "engine/transmit/transmitter.h"
#include "packet/frame_parts.h"
#include "platform/clock.h"

namespace pacegate::test {

using packet::FrameVariation;
using packet::VariedField;

inline constexpr double kUnlimited = PacingSchedule::kMaxRate;

inline FrameVariation ports_from(std::uint16_t first, std::size_t payload_bytes = 0) {
  packet::test::FrameParts parts;
  parts.destination_port = first;
  parts.payload.resize(payload_bytes);
  return {parts.build(), parts.ethernet, VariedField::destination_port};
}

inline Frame written(const FrameVariation& variation, std::uint64_t index) {
  Frame frame(variation.size());
  variation.write(index, frame);
  return frame;
}

template <typename Sender>
OpenSender opens(const std::shared_ptr<FakeDevice>& device) {
  return [device](std::size_t slot_bytes) { return std::make_unique<Sender>(device, slot_bytes); };
}

/// A transmitter with its device, slots and bucket.
template <typename Sender = FakeFrameSender>
struct Rig {
  explicit Rig(double rate = kUnlimited, TokenBucket* bucket = nullptr)
      : transmitter(opens<Sender>(device), {.rate = rate}, slots) {
    if (bucket != nullptr) transmitter.charge_to(*bucket);
  }

  TransmitPhase phase() const {
    return static_cast<TransmitPhase>(slots.get_acquired(kTransmitPhase));
  }
  TransmitPhase await_end() const {
    while (phase() == TransmitPhase::running) std::this_thread::yield();
    return phase();
  }
  std::uint64_t count(TransmitSlot slot) const {
    return static_cast<std::uint64_t>(slots.get(slot));
  }

  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  TransmitSlots slots;
  Transmitter transmitter;
};

inline void check_exactly(FakeDevice& device, const FrameVariation& variation, std::size_t count) {
  const std::vector<Frame> left = device.left();
  REQUIRE(left.size() == count);
  for (std::size_t i = 0; i < count; ++i) REQUIRE(left[i] == written(variation, i));
}

inline TokenBucket bucket_of(double rate, double burst) {
  // make_quota() refuses none of the tests' pairs.
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
  return {*make_quota(rate, burst), burst, ticks_from_ns(platform::monotonic_ns())};
}

inline double available(const TokenBucket& bucket) {
  return bucket.available(ticks_from_ns(platform::monotonic_ns()));
}

inline constexpr double kHardlyEver = 0.0001;  // tokens or packets per second

}  // namespace pacegate::test
