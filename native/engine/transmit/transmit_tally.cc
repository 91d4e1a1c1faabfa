#include "engine/transmit/transmit_tally.h"

#include "core/time.h"
#include "engine/pacing/departure_count.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kPublishNs = 20 * kNsPerMs;

double microseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1000.0;
}

}  // namespace

void TransmitTally::began(std::uint64_t now_ns) noexcept {
  for (const auto slot : {kTransmitRunSent, kTransmitRunFailed, kTransmitRunPacedPackets,
                          kTransmitRunPacedNs, kTransmitFaultErrno}) {
    slots_.set(slot, 0);
  }
  slots_.set(kTransmitRunStartNs, static_cast<double>(now_ns));
  slots_.set(kTransmitRunEndNs, static_cast<double>(now_ns));
  stall_.accepted();
  is_transmitting_ = true;
  first_ns_ = 0;
  paced_ns_before_ = slots_.get(kTransmitPacedNs);
  paced_packets_before_ = slots_.get(kTransmitPacedPackets);
  cpu_ns_before_ = slots_.get(kTransmitCpuNs) - static_cast<double>(platform::thread_cpu_ns());
}

void TransmitTally::ended(std::uint64_t now_ns) noexcept {
  slots_.set(kTransmitRunEndNs, static_cast<double>(now_ns));
  publish(now_ns);
  is_transmitting_ = false;
}

void TransmitTally::sent(std::uint64_t packets, std::uint64_t now_ns) noexcept {
  if (packets == 0) return;
  slots_.add(kTransmitSent, static_cast<double>(packets));
  add_to_run(kTransmitRunSent, packets);
  stall_.accepted();
  pacer_.left(packets, now_ns);
  note_pace(packets, now_ns, now_ns, packets);
}

std::uint64_t TransmitTally::departed(const platform::Departures& departures,
                                      std::uint64_t now_ns) noexcept {
  const std::uint64_t refused =
      count_departures(slots_, kTransmitSent, kTransmitFailed, departures);
  if (is_transmitting_) {
    count_departures(slots_, kTransmitRunSent, kTransmitRunFailed, departures);
  }
  stall_.reported(slots_.get(kTransmitSent), refused, now_ns);
  if (departures.left > departures.refused) {
    pacer_.left(departures);
    note_pace(departures.left - departures.refused, departures.first_ns, departures.last_ns, 1);
  }
  return refused;
}

/// \param with_the_first of the packets, how many left at first_ns: a rate counts those after it
void TransmitTally::note_pace(std::uint64_t packets, std::uint64_t first_ns, std::uint64_t last_ns,
                              std::uint64_t with_the_first) noexcept {
  if (!is_transmitting_) return;
  const bool is_first = first_ns_ == 0;
  if (is_first) first_ns_ = first_ns;
  add_to_run(kTransmitRunPacedPackets, is_first ? packets - with_the_first : packets);
  slots_.set(kTransmitRunPacedNs, static_cast<double>(last_ns - first_ns_));
  slots_.set(kTransmitPacedPackets, paced_packets_before_ + slots_.get(kTransmitRunPacedPackets));
  slots_.set(kTransmitPacedNs, paced_ns_before_ + slots_.get(kTransmitRunPacedNs));
}

void TransmitTally::refused(std::uint64_t packets, int system_error, bool accepted,
                            std::uint64_t now_ns) noexcept {
  slots_.add(kTransmitFailed, static_cast<double>(packets));
  add_to_run(kTransmitRunFailed, packets);
  slots_.set(kTransmitFaultErrno, system_error);
  if (!accepted) stall_.refused(packets, now_ns);
}

void TransmitTally::busy(int system_error, bool accepted, std::uint64_t now_ns) noexcept {
  slots_.add(kTransmitBusy, 1);
  slots_.set(kTransmitFaultErrno, system_error);
  if (!accepted) stall_.refused(1, now_ns);
}

void TransmitTally::publish_if_due(std::uint64_t now_ns) noexcept {
  if (now_ns >= next_publish_ns_) publish(now_ns);
}

void TransmitTally::publish(std::uint64_t now_ns) noexcept {
  next_publish_ns_ = now_ns + kPublishNs;
  const LatencyHistogram& gaps = pacer_.meter().gaps();
  slots_.set(kTransmitCurrentRate, pacer_.meter().rate(now_ns));
  slots_.set(kTransmitGapP50Us, microseconds(gaps.percentile(0.50)));
  slots_.set(kTransmitGapP99Us, microseconds(gaps.percentile(0.99)));
  slots_.set(kTransmitGapMaxUs, microseconds(gaps.max()));
  slots_.set(kTransmitCpuNs, cpu_ns_before_ + static_cast<double>(platform::thread_cpu_ns()));
}

}  // namespace pacegate
