/// \file
/// When packets left: the rate of the last second, the gaps between departures, the mean pace.
#pragma once

#include <cstdint>

#include "core/latency_histogram.h"
#include "core/limit/rate_ring.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// What decides when the next packet leaves.
enum class Pace : std::uint8_t {
  supply,     ///< that there is one: an answer that did not come, the caller
  held_back,  ///< the limits of single targets: caps, silences
  pacer,      ///< the rate
};

/// Gaps are between batches where a sender transmits during the call, for what happens within one
/// is not seen from here, and between single packets where it transmits by itself.
///
/// *Active* is what leaves while packets are waiting; *paced* the part of it that only the pacer made
/// wait, the one that says anything about the pacing. The sending thread's.
class DepartureMeter {
 public:
  /// What the packets that leave from here on waited for.
  void set_pace(Pace pace) noexcept { pace_ = pace; }

  /// `packets` left together at `now_ns`.
  void left(std::uint64_t packets, std::uint64_t now_ns) noexcept;
  /// What a sender with a lead reports, its gaps already in gaps_of_sender().
  void left(const platform::Departures& departures) noexcept;
  /// Takes the gaps between packets that a sender with a lead transmits.
  [[nodiscard]] LatencyHistogram& gaps_of_sender() noexcept {
    return pace_ == Pace::pacer && gap_counts_ ? gaps_ : other_gaps_;
  }
  /// For `ns` nothing was to be sent: no part of a gap.
  void sat_out(std::uint64_t ns) noexcept;

  /// Packets per second over the last second.
  [[nodiscard]] double rate(std::uint64_t now_ns) const noexcept { return ring_.rate(now_ns); }
  [[nodiscard]] const LatencyHistogram& gaps() const noexcept { return gaps_; }
  /// When the first and the last packet left; 0 before there is one.
  [[nodiscard]] std::uint64_t first_ns() const noexcept { return first_ns_; }
  [[nodiscard]] std::uint64_t last_ns() const noexcept { return last_ns_; }
  /// Paced packets, and the time from the first of them to the last: n packets have n - 1 periods.
  [[nodiscard]] std::uint64_t paced_packets() const noexcept { return paced_packets_; }
  [[nodiscard]] std::uint64_t paced_ns() const noexcept { return paced_ns_; }
  /// The same of the active ones.
  [[nodiscard]] std::uint64_t active_packets() const noexcept { return active_packets_; }
  [[nodiscard]] std::uint64_t active_ns() const noexcept { return active_ns_; }

 private:
  /// \return the gap before what left from `first_ns` to `last_ns`
  std::uint64_t note(std::uint64_t packets, std::uint64_t first_ns, std::uint64_t last_ns) noexcept;

  RateRing ring_;
  LatencyHistogram gaps_;
  LatencyHistogram other_gaps_;  // written, never read
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
  std::uint64_t sat_out_ns_ = 0;  // since the last departure
  std::uint64_t paced_packets_ = 0;
  std::uint64_t paced_ns_ = 0;
  std::uint64_t active_packets_ = 0;
  std::uint64_t active_ns_ = 0;
  Pace pace_ = Pace::pacer;
  bool gap_counts_ = false;  // a departure came before, and no time was sat out since
};

}  // namespace pacegate
