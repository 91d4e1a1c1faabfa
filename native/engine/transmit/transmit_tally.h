/// \file
/// What a packet sender counts, for the slots and for telling a device that is dead.
#pragma once

#include <cstdint>

#include "engine/pacing/pacer.h"
#include "engine/scan/stall_watch.h"
#include "engine/transmit/transmit_slots.h"

namespace pacegate {

/// The thread's that sends.
class TransmitTally {
 public:
  TransmitTally(TransmitSlots& slots, Pacer& pacer) noexcept : slots_(slots), pacer_(pacer) {}

  /// A transmit begins. On the thread that will transmit, as are all that follow until ended(). What
  /// is sent outside, by the caller's calls, has no rate: it counts in the totals only.
  void began(std::uint64_t now_ns) noexcept;
  void ended(std::uint64_t now_ns) noexcept;

  /// `packets` left together.
  void sent(std::uint64_t packets, std::uint64_t now_ns) noexcept;
  /// What a sender with a lead has transmitted, or refused of what it told of before.
  /// \return the refusals among frames that were sent: all, but for counters of others' drops
  std::uint64_t departed(const platform::Departures& departures, std::uint64_t now_ns) noexcept;
  /// \param accepted whether the device took others of the same batch
  void refused(std::uint64_t packets, int system_error, bool accepted,
               std::uint64_t now_ns) noexcept;
  void busy(int system_error, bool accepted, std::uint64_t now_ns) noexcept;
  /// A sender with a lead holds frames, and none has left since it was last asked.
  void holding(std::uint64_t now_ns) noexcept { stall_.refused(1, now_ns); }
  /// The limiter had no token.
  void starved() noexcept { slots_.add(kTransmitStarved, 1); }
  /// Packets the schedule gave up.
  void forgone(std::uint64_t packets) noexcept {
    if (packets > 0) slots_.add(kTransmitForgone, static_cast<double>(packets));
  }

  /// Writes the counters that are too dear for every batch, at most every 20 ms.
  void publish_if_due(std::uint64_t now_ns) noexcept;
  void publish(std::uint64_t now_ns) noexcept;
  [[nodiscard]] bool device_is_dead() const noexcept { return stall_.dead(); }

 private:
  void add_to_run(TransmitSlot slot, std::uint64_t packets) noexcept {
    if (is_transmitting_) slots_.add(slot, static_cast<double>(packets));
  }
  void note_pace(std::uint64_t packets, std::uint64_t first_ns, std::uint64_t last_ns,
                 std::uint64_t with_the_first) noexcept;

  TransmitSlots& slots_;
  Pacer& pacer_;
  StallWatch stall_;
  bool is_transmitting_ = false;
  std::uint64_t first_ns_ = 0;  // departure in this transmit
  double paced_ns_before_ = 0;  // of earlier transmits
  double paced_packets_before_ = 0;
  double cpu_ns_before_ = 0;
  std::uint64_t next_publish_ns_ = 0;
};

}  // namespace pacegate
