#include "engine/scan/send_loop.h"

#include <algorithm>

#include "core/time.h"
#include "engine/scan/neighbour_resolver.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

// Many times sooner than a full queue of a fast device is empty.
constexpr std::uint64_t kBusyRetryNs = 100'000;
// Sockets come free when answers are read, which is every millisecond at a high rate.
constexpr std::uint64_t kFullRetryNs = 300'000;
constexpr std::uint64_t kIdleNs = 2 * kNsPerMs;
constexpr std::uint64_t kMaxSleepNs = 200 * kNsPerMs;

}  // namespace

SendLoop::SendLoop(ScanContext& context, ScanControl& control)
    : context_(context),
      control_(control),
      pacer_(context.options.pacing(), shortest_lead_ns(context.network.links),
             platform::monotonic_ns()),
      tokens_(context.options.limiter),
      neighbours_(context.network.links.size()),
      batches_(context.network.links),
      renderer_(context, neighbours_, context.options.source_port),
      deferral_(context, renderer_),
      auto_rate_(context, neighbours_, pacer_),
      settler_(context, deferral_),
      filler_(context, renderer_, deferral_, auto_rate_, pacer_, batches_, settler_),
      tally_(context, pacer_, deferral_) {}

SendLoop::End SendLoop::run() {
  platform::name_this_thread("pacegate-send");
  platform::sharpen_timers_of_this_thread();
  // A sender that goes on by itself must not run out of frames.
  if (pacer_.lead_ns() > 0) platform::prefer_this_thread();
  if (!resolve_neighbours()) return End::failed;
  enter(ScanPhase::sending);
  pacer_.restart(platform::monotonic_ns());
  for (;;) {
    const std::uint64_t now = platform::monotonic_ns();
    obey_control(now);
    take_departures(now);
    if (over()) break;
    if (!sit_out_pause(now)) step(now);
    tally_.publish_if_due(now, idle_);
    pacer_.wait(control_.waiter, next_wake_ns(platform::monotonic_ns()));
  }
  tokens_.refund(platform::monotonic_ns());
  tally_.publish(platform::monotonic_ns(), idle_);
  return end_;
}

bool SendLoop::sit_out_pause(std::uint64_t now_ns) {
  const bool paused = control_.paused.load(std::memory_order_acquire);
  if (was_paused_) {
    pacer_.resume(now_ns - pause_seen_ns_, now_ns);
    deferral_.sat_out(now_ns - pause_seen_ns_);
    deferral_.take_heard();
    auto_rate_.restart(now_ns);
  }
  was_paused_ = paused;
  pause_seen_ns_ = now_ns;
  return paused;
}

bool SendLoop::resolve_neighbours() {
  enter(ScanPhase::resolving);
  // Filled here and only here: the renderer hands out pointers into the tables.
  NeighbourResolver resolver(context_, control_, pacer_, tokens_, neighbours_);
  return resolver.run([this] { return interrupted(); });
}

bool SendLoop::interrupted() const {
  return context_.abandoned.load(std::memory_order_acquire) ||
         control_.stop_asked.load(std::memory_order_acquire);
}

void SendLoop::obey_control(std::uint64_t now_ns) {
  control_.follow_rate(pacer_, context_.slots, now_ns);
  deferral_.follow_cap_part(control_.cap_part.load(std::memory_order_relaxed), now_ns);
  auto_rate_.follow_cap(control_.rate.load(std::memory_order_relaxed), now_ns);
  if (!stopping_ && control_.stop_asked.load(std::memory_order_acquire)) {
    stopping_ = true;
    context_.cursors.stop();
    deferral_.stop();
    enter(ScanPhase::draining);
  }
}

// A probe that is still held cannot have been answered either.
std::uint64_t SendLoop::heard_ns() const {
  return std::min(batches_.oldest_held_ns(), context_.heard_ns());
}

bool SendLoop::backlog_is_crowded() const {
  return context_.records.crowded() ||
         std::any_of(context_.feeds.begin(), context_.feeds.end(),
                     [](const auto& feed) { return feed->records.crowded(); });
}

void SendLoop::step(std::uint64_t now_ns) {
  const std::uint64_t heard = heard_ns();
  deferral_.take_heard();
  auto_rate_.step(now_ns, heard);
  // What a busy device left over, before anything new; and before settling, for it gets a fresh time of sending.
  flush(now_ns);
  settler_.settle_silent(heard);
  crowded_ = backlog_is_crowded();
  if (crowded_) auto_rate_.starved();
  if (device_busy_ || crowded_) return;
  // Time with nothing to send earns no credit and is not a stall.
  if (idle_) pacer_.restart(now_ns);
  // Nor is time without tokens, beyond what may be caught up.
  if (starved_) pacer_.restart(now_ns - context_.options.catch_up_ns);
  const std::uint64_t due = charge(pacer_.due(now_ns), now_ns);
  if (due == 0) return;
  const bool are_waiting = !context_.cursors.all_started() || deferral_.has_parked();
  const bool was_short = short_;
  short_ = !filler_.fill(due, now_ns, heard);
  if (short_) {
    short_ns_ = now_ns;
    auto_rate_.starved();
  }
  pacer_.meter().set_pace(are_waiting ? pace(was_short, now_ns) : Pace::supply);
  idle_ = batches_.empty() && !batches_.full();
  flush(now_ns);
  // Others may want what was not needed; what a busy device has left over keeps its tokens.
  if (!device_busy_) tokens_.refund(now_ns);
}

std::uint64_t SendLoop::charge(std::uint64_t due, std::uint64_t now_ns) {
  const std::uint64_t allowed = tokens_.take(due, now_ns);
  starved_ = allowed < due;
  if (!starved_) return allowed;
  starved_ns_ = now_ns;
  if (allowed == 0) context_.slots.add(kSlotLimiterWaits, 1);
  pacer_.restart(now_ns);  // what the limiter refuses is not owed: it has credit of its own
  return allowed;
}

Pace SendLoop::pace(bool was_short, std::uint64_t now_ns) const {
  // The gap before these packets counts too, and where there is a lead earlier ones leave with them.
  if (starved_ns_ > 0 && pacer_.meter().last_ns() <= starved_ns_ + pacer_.lead_ns()) {
    return Pace::held_back;
  }
  const bool is_short = was_short || short_ || now_ns <= short_ns_ + pacer_.lead_ns();
  return is_short && !deferral_.quiet() ? Pace::held_back : Pace::pacer;
}

void SendLoop::flush(std::uint64_t now_ns) {
  const LinkBatch::Outcome outcome = batches_.flush(deferral_.marks(), now_ns);
  device_busy_ = outcome.busy;
  device_full_ = outcome.busy && outcome.system_error == 0;
  tokens_.spend(outcome.accepted);
  auto_rate_.sent(outcome.accepted);
  tally_.flushed(outcome, now_ns);
}

void SendLoop::take_departures(std::uint64_t now_ns) {
  // Asked first: what leaves between the two questions is taken, not forgotten.
  holding_ = batches_.hold_frames();
  batches_.take_departures(pacer_.meter().gaps_of_sender(), deferral_.marks(),
                           [&](const platform::Departures& departures) {
                             tokens_.restore(tally_.departed(departures, now_ns));
                           });
  if (holding_) tally_.holding(batches_.oldest_held_ns(), now_ns);
}

std::uint64_t SendLoop::next_wake_ns(std::uint64_t now_ns) const {
  if (control_.paused.load(std::memory_order_relaxed)) return now_ns + kMaxSleepNs;
  if (device_busy_) return now_ns + (device_full_ ? kFullRetryNs : kBusyRetryNs);
  if (idle_ || crowded_) return now_ns + kIdleNs;
  if (starved_) return std::min(tokens_.ready_ns(now_ns), now_ns + kMaxSleepNs);
  // Silent targets are settled while a slow rate waits for its next deadline.
  return std::min(pacer_.next_wake_ns(now_ns), now_ns + kMaxSleepNs);
}

bool SendLoop::over() {
  if (context_.abandoned.load(std::memory_order_acquire)) {
    end_ = End::abandoned;
    return true;
  }
  if (tally_.device_is_dead()) {
    end_ = End::failed;
    return true;
  }
  // Held frames still leave, and count.
  if (holding_) return false;
  const ProbeCursors& cursors = context_.cursors;
  if (cursors.all_settled() && deferral_.empty()) {
    const bool is_unfinished = cursors.started() < context_.end_position || deferral_.has_new();
    end_ = stopping_ && is_unfinished ? End::stopped : End::complete;
    return true;
  }
  if (stopping_ && heard_ns() > pacer_.meter().last_ns() + context_.options.timeout_ns) {
    end_ = End::stopped;
    return true;
  }
  if (cursors.all_started() && !deferral_.has_new() && !stopping_) enter(ScanPhase::draining);
  return false;
}

void SendLoop::enter(ScanPhase phase) {
  context_.slots.set(kSlotPhase, static_cast<double>(phase));
}

}  // namespace pacegate
