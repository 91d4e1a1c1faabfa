/// \file
/// How a sending thread keeps a rate: what may be handed over now, when each packet is to leave,
/// and when to look again.
#pragma once

#include <cstdint>

#include "core/limit/pacing_schedule.h"
#include "engine/pacing/departure_meter.h"
#include "engine/pacing/pacing_options.h"
#include "platform/waiter.h"

namespace pacegate {

/// An absolute schedule (packet k is due at start + k x period) with the thread's own habits on
/// top: it wakes at most once a quantum and takes all that has fallen due, so a packet may be handed
/// over up to a quantum late but never early, and lateness does not add up.
///
/// For senders with a lead (platform::PacketSender) packets are handed over that long before they
/// are due, with the time at which they shall leave. A rate set meanwhile holds for what has not
/// been handed over, that is after one lead at most; and what a stall of the sender itself makes
/// late it may send at once, at most a lead's worth.
///
///     Pacer pacer(options, sender.lead_ns(), now);
///     for (;;) {
///       const std::uint64_t wanted = pacer.due(now);
///       // fill and send up to `wanted` frames; packet k shall leave at pacer.departure_ns(k)
///       pacer.commit(sent_or_refused);
///       pacer.left(sent, now);
///       pacer.wait(waiter, pacer.next_wake_ns(now));
///     }
///
/// One thread. Time is an argument everywhere but in wait().
class Pacer {
 public:
  /// \param lead_ns the shortest lead of the senders in use; 0 when one of them has none
  Pacer(const PacingOptions& options, std::uint64_t lead_ns, std::uint64_t now_ns) noexcept;

  /// Packets that may be handed over now. What is later than the catch-up allows is given up first
  /// (see forgone()).
  [[nodiscard]] std::uint64_t due(std::uint64_t now_ns) noexcept;
  /// When the k-th of them shall leave; 0 is the oldest, a time that has passed means at once.
  /// Never before what was committed earlier.
  [[nodiscard]] std::uint64_t departure_ns(std::uint64_t k) const noexcept;
  /// Charges packets that were handed over or refused for good: a refusal costs as much, or a
  /// device that is down would make the caller spin.
  void commit(std::uint64_t packets) noexcept;

  /// For the statistics: packets that left together, and what a sender with a lead reports.
  void left(std::uint64_t packets, std::uint64_t now_ns) noexcept { meter_.left(packets, now_ns); }
  void left(const platform::Departures& departures) noexcept { meter_.left(departures); }

  /// When due() is worth asking again.
  [[nodiscard]] std::uint64_t next_wake_ns(std::uint64_t now_ns) const noexcept;
  /// Sleeps until then or until woken; with Precision::spin the last stretch is waited for busily.
  void wait(platform::Waiter& waiter, std::uint64_t deadline_ns) const noexcept;

  /// Changes the rate from now on, or from the first packet on that was not handed over.
  void set_rate(double rate, std::uint64_t now_ns) noexcept;
  /// Time with nothing to send earns no credit and is no stall.
  void restart(std::uint64_t now_ns) noexcept { schedule_.restart(now_ns); }
  /// The same after a pause of `ns`, which is no gap between packets either.
  void resume(std::uint64_t ns, std::uint64_t now_ns) noexcept;

  [[nodiscard]] double rate() const noexcept { return schedule_.rate(); }
  [[nodiscard]] std::uint64_t lead_ns() const noexcept { return lead_ns_; }
  /// Packets given up after stalls.
  [[nodiscard]] std::uint64_t forgone() const noexcept { return schedule_.forgone(); }
  [[nodiscard]] DepartureMeter& meter() noexcept { return meter_; }
  [[nodiscard]] const DepartureMeter& meter() const noexcept { return meter_; }

 private:
  PacingSchedule schedule_;
  DepartureMeter meter_;
  std::uint64_t lead_ns_;
  std::uint64_t quantum_ns_;
  bool spins_;
  std::uint64_t served_ns_ = 0;       // when due() was last above 0
  std::uint64_t unserved_ = 0;        // of these, not committed yet
  std::uint64_t last_departure_ = 0;  // of what was committed
};

}  // namespace pacegate
