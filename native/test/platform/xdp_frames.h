/// \file
/// Frames that carry a number, and what becomes of them in an XDP sender.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/packet_sender.h"

namespace pacegate::platform::test {

inline void rest_a_little() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// A frame of that length with its number after the Ethernet header.
inline void fill_numbered(PacketSender& sender, std::size_t index, std::uint64_t number,
                          std::size_t bytes) {
  const auto slot = sender.slot(index);
  REQUIRE(bytes <= slot.size());
  std::fill_n(slot.begin(), bytes, std::uint8_t{0});
  slot[12] = 0x88;
  slot[13] = 0xb5;
  std::memcpy(slot.data() + 14, &number, sizeof number);
  sender.set_length(index, bytes);
}

/// Takes departures until that many frames have left, or for five seconds.
inline Departures take_until(PacketSender& sender, std::uint64_t wanted) {
  Departures total;
  LatencyHistogram gaps;
  const auto add = [&total](const Departures& part) {
    total.left += part.left;
    total.refused += part.refused;
    if (total.first_ns == 0) total.first_ns = part.first_ns;
    if (part.left > 0) total.last_ns = part.last_ns;
  };
  const std::uint64_t give_up_ns = monotonic_ns() + 5 * kNsPerSecond;
  while (total.left < wanted && monotonic_ns() < give_up_ns) {
    add(sender.take_departures(gaps));
    rest_a_little();
  }
  // The device's answer comes up to a batch of the kernel later.
  rest_a_little();
  add(sender.take_departures(gaps));
  return total;
}

}  // namespace pacegate::platform::test
