#include "engine/pacing/departure_meter.h"

#include <algorithm>

namespace pacegate {

std::uint64_t DepartureMeter::note(std::uint64_t packets, std::uint64_t first_ns,
                                   std::uint64_t last_ns) noexcept {
  const bool is_first = first_ns_ == 0;
  if (is_first) first_ns_ = first_ns;
  const std::uint64_t since_ns = is_first ? 0 : first_ns - std::min(first_ns, last_ns_);
  const std::uint64_t gap_ns = since_ns - std::min(since_ns, sat_out_ns_);
  ring_.add(last_ns, packets);
  const std::uint64_t took_ns = gap_ns + (last_ns - first_ns);
  if (pace_ != Pace::supply) {
    active_packets_ += packets;
    active_ns_ += took_ns;
  }
  if (pace_ == Pace::pacer) {
    paced_packets_ += packets;
    paced_ns_ += took_ns;
  }
  last_ns_ = last_ns;
  sat_out_ns_ = 0;
  return gap_ns;
}

void DepartureMeter::left(std::uint64_t packets, std::uint64_t now_ns) noexcept {
  if (packets == 0) return;
  const bool is_first = first_ns_ == 0;
  const std::uint64_t gap_ns = note(packets, now_ns, now_ns);
  if (pace_ == Pace::pacer && !is_first) gaps_.record(gap_ns);
}

void DepartureMeter::left(const platform::Departures& departures) noexcept {
  if (departures.left <= departures.refused) return;
  note(departures.left - departures.refused, departures.first_ns, departures.last_ns);
  gap_counts_ = true;
}

void DepartureMeter::sat_out(std::uint64_t ns) noexcept {
  sat_out_ns_ += ns;
  gap_counts_ = false;
}

}  // namespace pacegate
