#include "engine/scan/capture_loop.h"

#include <algorithm>

#include "core/time.h"
#include "engine/scan/retry_timeout.h"
#include "packet/parse.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

// On a silent network a time-out is noticed late by a wait at most, and each wake-up costs 10 to 30
// us: a thirty-second part of the time-out, within these bounds.
constexpr std::uint64_t kShortestWaitNs = 10 * kNsPerMs;
constexpr std::uint64_t kLongestWaitNs = 50 * kNsPerMs;
constexpr std::uint64_t kWaitsPerTimeout = 32;
// Of a thousand known responders some are replaced now and then: there is no need to tell of all.
constexpr std::uint64_t kRespondersNs = 200'000;
constexpr std::uint64_t kPublishNs = 20 * kNsPerMs;  // each costs a system call

}  // namespace

CaptureLoop::CaptureLoop(ScanContext& context, std::size_t link)
    : context_(context),
      receiver_(*context.network.links[link].receiver),
      feed_(*context.feeds[link]) {}

void CaptureLoop::run() {
  platform::name_this_thread("pacegate-recv");
  const platform::PacketReceiver::Handler handler =
      [this](const platform::ReceivedPacket& received) { handle(received); };
  const std::uint64_t wait_ns =
      std::clamp(context_.options.timeout_ns / kWaitsPerTimeout, kShortestWaitNs, kLongestWaitNs);
  while (!context_.finished.load(std::memory_order_acquire) &&
         !context_.abandoned.load(std::memory_order_acquire)) {
    const std::uint64_t heard = receiver_.receive(platform::monotonic_ns() + wait_ns, handler);
    feed_.heard_ns.store(heard, std::memory_order_release);
    if (heard >= next_publish_ns_) publish();
  }
  publish();
}

void CaptureLoop::handle(const platform::ReceivedPacket& received) {
  Answer answer;
  switch (context_.matcher.match(received.bytes, received.wire_bytes, answer)) {
    case AnswerVerdict::accepted:
      accept(answer, received.at_ns);
      break;
    case AnswerVerdict::invalid:
      context_.slots.add_shared(kSlotInvalid, 1);
      break;
    case AnswerVerdict::unrelated:
      handle_neighbour(received);
      break;
  }
}

void CaptureLoop::handle_neighbour(const platform::ReceivedPacket& received) {
  std::optional<packet::NeighbourReply> reply;
  if (received.ether_type == packet::kEtherTypeArp) {
    reply = packet::parse_arp_reply(received.bytes);
  } else if (const auto ip = packet::parse_ip(received.bytes)) {
    reply = packet::parse_neighbour_advertisement(*ip);
  }
  if (reply) (void)feed_.neighbours.try_push(*reply);
}

void CaptureLoop::accept(const Answer& answer, std::uint64_t at_ns) {
  const auto index = context_.plan.index_of(answer.target, answer.port);
  if (!index) {
    context_.slots.add_shared(kSlotInvalid, 1);
    return;
  }
  const std::uint64_t position = context_.order.inverse(*index);
  if (answer.is_canary) {
    using Kind = CanaryNews::Kind;
    const auto kind = answer.icmp ? Kind::refusal : Kind::answer;
    (void)feed_.canaries.try_push({answer.target, answer.port, kind, position, at_ns});
    return;
  }
  const ProbeWindow::Answer given = context_.window.answer(position, at_ns);
  const bool is_late = given.acceptance == ProbeWindow::Acceptance::late;
  if (is_late && context_.lane_in_use.load(std::memory_order_acquire)) {
    feed_.heard.push({answer, position, at_ns, false});
    return;
  }
  if (context_.options.adaptive_rate && is_complaint(answer.finding.reason)) {
    // One of many: those that find no room tell the sending thread nothing new.
    (void)feed_.heard.try_push({answer, position, at_ns, true});
  }
  if (given.acceptance == ProbeWindow::Acceptance::accepted) {
    report(answer, position, given.rtt_ns);
    if (context_.options.auto_rate && !answer.icmp) tell_of_responder(answer, position, at_ns);
  } else {
    context_.slots.add_shared(is_late ? kSlotLate : kSlotDuplicates, 1);
  }
}

void CaptureLoop::tell_of_responder(const Answer& answer, std::uint64_t position,
                                    std::uint64_t at_ns) {
  if (at_ns < next_responder_ns_) return;
  next_responder_ns_ = at_ns + kRespondersNs;
  (void)feed_.canaries.try_push(
      {answer.target, answer.port, CanaryNews::Kind::responder, position, at_ns});
}

void CaptureLoop::report(const Answer& answer, std::uint64_t position, std::int64_t rtt_ns) {
  ScanRecord record(answer.target, answer.port, answer.finding);
  record.ttl = answer.ttl;
  if (rtt_ns >= 0 && !context_.cursors.retried(position)) {
    record.rtt_us = static_cast<float>(rtt_ns) / 1000.0F;
    rtt_.sample(static_cast<std::uint64_t>(rtt_ns));
  }
  if (answer.icmp) context_.slots.add_shared(kSlotIcmpUnreachable, 1);
  context_.report(record, feed_.records);
}

void CaptureLoop::publish() {
  next_publish_ns_ = platform::monotonic_ns() + kPublishNs;
  auto& slots = context_.slots;
  const platform::ReceiverCounters now = receiver_.counters();
  slots.add_shared(kSlotReceived, static_cast<double>(now.packets - published_.packets));
  slots.add_shared(kSlotReceiveDropped, static_cast<double>(now.dropped - published_.dropped));
  published_ = now;
  const std::uint64_t cpu_ns = platform::thread_cpu_ns();
  slots.add_shared(kSlotCaptureCpuNs, static_cast<double>(cpu_ns - published_cpu_ns_));
  published_cpu_ns_ = cpu_ns;
  if (rtt_.smoothed_ns() > 0) {
    slots.set(kSlotSmoothedRttUs, static_cast<double>(rtt_.smoothed_ns()) / 1000.0);
    feed_.retry_timeout_ns.store(retry_timeout_ns(rtt_, context_.options.timeout_ns),
                                 std::memory_order_relaxed);
  }
}

}  // namespace pacegate
