#include "engine/scan/send_loop.h"

#include <algorithm>

#include "core/time.h"
#include "engine/scan/neighbour_resolver.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

// 300 us: 30 packets a wake-up at 100 000 a second, at about a tenth of a core.
constexpr std::uint64_t kQuantumNs = 300'000;
constexpr std::uint64_t kIdleNs = 2 * kNsPerMs;
constexpr std::uint64_t kMaxSleepNs = 200 * kNsPerMs;
constexpr std::uint64_t kPublishNs = 20 * kNsPerMs;
// Positions passed over in one wake-up, so that an unreachable /8 does not block control and
// counters.
constexpr std::uint64_t kMaxUnreachablePerStep = 4096;

}  // namespace

SendLoop::SendLoop(ScanContext& context, ScanControl& control)
    : context_(context),
      control_(control),
      schedule_(context.options.rate, platform::monotonic_ns()),
      neighbours_(context.network.links.size()),
      renderer_(context, neighbours_) {
  for (const Link& link : context.network.links) batches_.emplace_back(*link.sender);
}

SendLoop::End SendLoop::run() {
  platform::name_this_thread("pacegate-send");
  platform::sharpen_timers_of_this_thread();
  if (!resolve_neighbours()) return End::failed;
  enter(ScanPhase::sending);
  schedule_.restart(platform::monotonic_ns());
  for (;;) {
    const std::uint64_t now = platform::monotonic_ns();
    obey_control(now);
    if (over()) break;
    if (!sit_out_pause(now)) step(now);
    if (now >= next_publish_ns_) publish(now);
    control_.waiter.wait_until(next_wake_ns(platform::monotonic_ns()));
  }
  publish(platform::monotonic_ns());
  return end_;
}

bool SendLoop::sit_out_pause(std::uint64_t now_ns) {
  const bool paused = control_.paused.load(std::memory_order_acquire);
  if (was_paused_) {
    paused_ns_ += now_ns - pause_seen_ns_;
    schedule_.restart(now_ns);  // a pause is no stall, and earns no credit
  }
  was_paused_ = paused;
  pause_seen_ns_ = now_ns;
  return paused;
}

bool SendLoop::resolve_neighbours() {
  enter(ScanPhase::resolving);
  // Filled here and only here: the renderer hands out pointers into the tables.
  NeighbourResolver resolver(context_, control_, schedule_, neighbours_);
  return resolver.run([this] { return interrupted(); });
}

bool SendLoop::interrupted() const {
  return context_.abandoned.load(std::memory_order_acquire) ||
         control_.stop_asked.load(std::memory_order_acquire);
}

void SendLoop::obey_control(std::uint64_t now_ns) {
  control_.follow_rate(schedule_, context_.slots, now_ns);
  if (!stopping_ && control_.stop_asked.load(std::memory_order_acquire)) {
    stopping_ = true;
    context_.cursors.stop();
    enter(ScanPhase::draining);
  }
}

std::uint64_t SendLoop::heard_ns() const {
  std::uint64_t heard = UINT64_MAX;
  for (const auto& feed : context_.feeds) {
    heard = std::min(heard, feed->heard_ns.load(std::memory_order_acquire));
  }
  return heard;
}

bool SendLoop::backlog_is_crowded() const {
  return context_.records.crowded() ||
         std::any_of(context_.feeds.begin(), context_.feeds.end(),
                     [](const auto& feed) { return feed->records.crowded(); });
}

void SendLoop::step(std::uint64_t now_ns) {
  const std::uint64_t heard = heard_ns();
  // What a busy device left over, before anything new; and before settling, for it gets a fresh time of sending.
  flush(now_ns);
  settle_silent(heard);
  if (device_busy_ || backlog_is_crowded()) return;
  // Time with nothing to send earns no credit and is not a stall.
  if (idle_) schedule_.restart(now_ns);
  const std::uint64_t due = schedule_.due(now_ns);
  if (due == 0) return;
  paced_ = !context_.cursors.all_started();
  fill(due, now_ns, heard);
  idle_ = batches_empty();
  flush(now_ns);
}

void SendLoop::settle_silent(std::uint64_t heard) {
  while (!context_.records.crowded()) {
    const auto silent = context_.cursors.settle_next(heard);
    if (!silent) break;
    const Target target = context_.plan.at(context_.order.map(silent->position));
    const bool unsent = silent->state == ProbeState::unsent;
    const Finding finding = unsent ? Finding{PortState::unknown, Reason::send_failed}
                                   : Finding{PortState::filtered, Reason::no_response};
    if (!unsent) context_.slots.add(kSlotNoResponse, 1);
    context_.report(ScanRecord(target.address, target.port, finding), context_.records);
  }
}

void SendLoop::fill(std::uint64_t wanted, std::uint64_t now_ns, std::uint64_t heard) {
  std::uint64_t unreachable = 0;
  while (wanted > 0 && unreachable < kMaxUnreachablePerStep) {
    // Which link the next position needs is not known before it is taken.
    const bool any_full = std::any_of(batches_.begin(), batches_.end(),
                                      [](const LinkBatch& batch) { return batch.full(); });
    if (any_full) return;
    const auto position = context_.cursors.next(now_ns, heard);
    if (!position) return;
    const ProbeRenderer::Aim aim = renderer_.aim(*position);
    if (!aim.reachable) {
      settle_unreachable(*position, aim);
      ++unreachable;
      continue;
    }
    LinkBatch& batch = batches_[context_.network.paths[aim.target.route].link];
    batch.add(*position, renderer_.render(aim, batch.next_slot()));
    --wanted;
  }
}

void SendLoop::settle_unreachable(std::uint64_t position, const ProbeRenderer::Aim& aim) {
  context_.window.settle(position);
  const PortState state =
      aim.why_not == Reason::no_route ? PortState::unknown : PortState::filtered;
  context_.report(ScanRecord(aim.target.address, aim.target.port, {state, aim.why_not}),
                  context_.records);
}

void SendLoop::flush(std::uint64_t now_ns) {
  device_busy_ = false;
  LinkBatch::Outcome total;
  for (LinkBatch& batch : batches_) {
    if (!batch.empty()) total += batch.flush(context_.window, now_ns);
  }
  account(total, now_ns);
}

void SendLoop::account(const LinkBatch::Outcome& outcome, std::uint64_t now_ns) {
  auto& slots = context_.slots;
  // A refused packet is charged like a sent one, or a device that is down would make this loop
  // spin.
  schedule_.commit(outcome.accepted + outcome.refused);
  if (outcome.accepted > 0) count_sent(outcome.accepted, now_ns);
  if (outcome.refused > 0) {
    slots.add(kSlotSendFailed, static_cast<double>(outcome.refused));
  }
  if (outcome.busy) {
    slots.add(kSlotSendBusy, 1);
    device_busy_ = true;
  }
  if (outcome.refused > 0 || outcome.busy) {
    slots.set(kSlotFaultErrno, outcome.system_error);
    if (outcome.accepted == 0) stall_.refused(outcome.refused + (outcome.busy ? 1 : 0), now_ns);
  }
}

void SendLoop::count_sent(std::uint64_t packets, std::uint64_t now_ns) {
  auto& slots = context_.slots;
  slots.add(kSlotSent, static_cast<double>(packets));
  rate_ring_.add(now_ns, packets);
  const std::uint64_t gap_ns = last_send_ns_ == 0 ? 0 : now_ns - last_send_ns_;
  const std::uint64_t since_last_ns = gap_ns - std::min(gap_ns, paused_ns_);
  if (last_send_ns_ == 0) {
    slots.set(kSlotFirstSendNs, static_cast<double>(now_ns));
  } else if (paced_) {
    departures_.record(since_last_ns);
  }
  if (paced_) {
    slots.add(kSlotPacedPackets, static_cast<double>(packets));
    slots.add(kSlotPacedNs, static_cast<double>(since_last_ns));
  }
  last_send_ns_ = now_ns;
  slots.set(kSlotLastSendNs, static_cast<double>(now_ns));
  paused_ns_ = 0;
  stall_.accepted();
}

bool SendLoop::batches_empty() const {
  return std::all_of(batches_.begin(), batches_.end(),
                     [](const LinkBatch& batch) { return batch.empty(); });
}

std::uint64_t SendLoop::next_wake_ns(std::uint64_t now_ns) const {
  if (control_.paused.load(std::memory_order_relaxed)) return now_ns + kMaxSleepNs;
  if (device_busy_) return now_ns + kQuantumNs;
  if (idle_) return now_ns + kIdleNs;
  const std::uint64_t quantum_end = std::max(last_send_ns_ + kQuantumNs, now_ns);
  const std::uint64_t wake = std::max(schedule_.next_deadline_ns(), quantum_end);
  // Silent targets are settled while a slow rate waits for its next deadline.
  return std::min(wake, now_ns + kMaxSleepNs);
}

bool SendLoop::over() {
  if (context_.abandoned.load(std::memory_order_acquire)) {
    end_ = End::abandoned;
    return true;
  }
  if (stall_.dead()) {
    end_ = End::failed;
    return true;
  }
  const ProbeCursors& cursors = context_.cursors;
  if (cursors.all_settled()) {
    end_ = stopping_ && cursors.started() < context_.plan.size() ? End::stopped : End::complete;
    return true;
  }
  if (stopping_ && heard_ns() > last_send_ns_ + context_.options.timeout_ns) {
    end_ = End::stopped;
    return true;
  }
  if (cursors.all_started() && !stopping_) enter(ScanPhase::draining);
  return false;
}

void SendLoop::enter(ScanPhase phase) {
  context_.slots.set(kSlotPhase, static_cast<double>(phase));
}

void SendLoop::publish(std::uint64_t now_ns) {
  auto& slots = context_.slots;
  const ProbeCursors& cursors = context_.cursors;
  next_publish_ns_ = now_ns + kPublishNs;
  slots.set(kSlotStarted, static_cast<double>(cursors.started()));
  slots.set(kSlotResumePosition, static_cast<double>(cursors.settled()));
  slots.set(kSlotCurrentRate, rate_ring_.rate(now_ns));
  slots.set(kSlotForgone, static_cast<double>(schedule_.forgone()));
  slots.set(kSlotDepartureP50Us, static_cast<double>(departures_.percentile(0.50)) / 1000.0);
  slots.set(kSlotDepartureP99Us, static_cast<double>(departures_.percentile(0.99)) / 1000.0);
  slots.set(kSlotDepartureMaxUs, static_cast<double>(departures_.max()) / 1000.0);
  slots.set(kSlotSendCpuNs, static_cast<double>(platform::thread_cpu_ns()));
  context_.count_settled();
  std::size_t backlog = context_.records.size();
  for (const auto& feed : context_.feeds) backlog += feed->records.size();
  slots.set(kSlotBacklog, static_cast<double>(backlog));
}

}  // namespace pacegate
