#include "engine/scan/send_tally.h"

#include <algorithm>

#include "core/time.h"
#include "engine/pacing/departure_count.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kPublishNs = 20 * kNsPerMs;
// Percentiles are read off a histogram: 10 us, and nobody watches them closely.
constexpr std::uint64_t kPublishGapsNs = 200 * kNsPerMs;

double microseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1000.0;
}

}  // namespace

void SendTally::flushed(const LinkBatch::Outcome& outcome, std::uint64_t now_ns) {
  auto& slots = context_.slots;
  pacer_.commit(outcome.accepted + outcome.refused);
  if (outcome.sent > 0) {
    pacer_.left(outcome.sent, now_ns);
    slots.add(kSlotSent, static_cast<double>(outcome.sent));
    stall_.accepted();
    publish_times();
  }
  if (outcome.refused > 0) slots.add(kSlotSendFailed, static_cast<double>(outcome.refused));
  const bool is_short = outcome.busy && outcome.system_error != 0;
  if (is_short) slots.add(kSlotSendBusy, 1);
  if (outcome.refused > 0 || is_short) {
    slots.set(kSlotFaultErrno, outcome.system_error);
    if (outcome.accepted == 0) stall_.refused(outcome.refused + (is_short ? 1 : 0), now_ns);
  }
}

std::uint64_t SendTally::departed(const platform::Departures& departures, std::uint64_t now_ns) {
  const std::uint64_t refused =
      count_departures(context_.slots, kSlotSent, kSlotSendFailed, departures);
  stall_.reported(context_.slots.get(kSlotSent), refused, now_ns);
  if (departures.left > departures.refused) {
    pacer_.left(departures);
    publish_times();
  }
  return refused;
}

void SendTally::holding(std::uint64_t oldest_ns, std::uint64_t now_ns) {
  if (oldest_ns < now_ns) stall_.refused(1, now_ns);
}

void SendTally::publish_times() {
  auto& slots = context_.slots;
  const DepartureMeter& meter = pacer_.meter();
  slots.set(kSlotFirstSendNs, static_cast<double>(meter.first_ns()));
  slots.set(kSlotLastSendNs, static_cast<double>(meter.last_ns()));
  slots.set(kSlotPacedPackets, static_cast<double>(meter.paced_packets()));
  slots.set(kSlotPacedNs, static_cast<double>(meter.paced_ns()));
  slots.set(kSlotActivePackets, static_cast<double>(meter.active_packets()));
  slots.set(kSlotActiveNs, static_cast<double>(meter.active_ns()));
}

void SendTally::publish_if_due(std::uint64_t now_ns, bool is_idle) {
  if (now_ns >= next_publish_ns_) publish_counters(now_ns, is_idle);
  if (now_ns >= next_gaps_ns_) publish_gaps(now_ns);
}

void SendTally::publish(std::uint64_t now_ns, bool is_idle) {
  publish_counters(now_ns, is_idle);
  publish_gaps(now_ns);
}

void SendTally::publish_gaps(std::uint64_t now_ns) {
  auto& slots = context_.slots;
  const LatencyHistogram& gaps = pacer_.meter().gaps();
  next_gaps_ns_ = now_ns + kPublishGapsNs;
  slots.set(kSlotDepartureP50Us, microseconds(gaps.percentile(0.50)));
  slots.set(kSlotDepartureP99Us, microseconds(gaps.percentile(0.99)));
  slots.set(kSlotDepartureMaxUs, microseconds(gaps.max()));
}

void SendTally::publish_counters(std::uint64_t now_ns, bool is_idle) {
  auto& slots = context_.slots;
  const ProbeCursors& cursors = context_.cursors;
  next_publish_ns_ = now_ns + kPublishNs;
  const std::uint64_t started =
      context_.options.has_hostgroup() ? deferral_.begun() : cursors.started();
  slots.set(kSlotStarted, static_cast<double>(started));
  // The clock is read again: pairs have been settled since now_ns.
  context_.resume.look(std::min(cursors.settled(), deferral_.floor()), platform::monotonic_ns(),
                       context_.heard_ns());
  slots.set(kSlotResumePosition, static_cast<double>(context_.resume.certain()));
  deferral_.publish(now_ns, is_idle);
  if (context_.options.adaptive_timeout) follow_round_trips();
  slots.set(kSlotCurrentRate, pacer_.meter().rate(now_ns));
  slots.set(kSlotForgone, static_cast<double>(pacer_.forgone()));
  slots.set(kSlotSendCpuNs, static_cast<double>(platform::thread_cpu_ns()));
  context_.count_settled();
  std::size_t backlog = context_.records.size();
  for (const auto& feed : context_.feeds) backlog += feed->records.size();
  slots.set(kSlotBacklog, static_cast<double>(backlog));
}

/// The slowest link decides; one that has measured nothing waits for the whole time-out.
void SendTally::follow_round_trips() {
  std::uint64_t longest = 0;
  for (const auto& feed : context_.feeds) {
    longest = std::max(longest, feed->retry_timeout_ns.load(std::memory_order_relaxed));
  }
  context_.cursors.set_retry_timeout(std::min(longest, context_.options.timeout_ns));
}

}  // namespace pacegate
