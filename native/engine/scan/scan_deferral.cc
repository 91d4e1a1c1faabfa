#include "engine/scan/scan_deferral.h"

#include <algorithm>

#include "core/ip_prefix.h"
#include "core/time.h"

namespace pacegate {
namespace {

GateOptions gate_options(const ScanOptions& options) {
  GateOptions gate;
  gate.back_off = options.adaptive_rate;
  gate.backoff_limit_ns = options.backoff_limit_ns;
  gate.levels.base_ns = options.backoff_base_ns;
  gate.caps = options.caps;
  // As secret as the cookies, and of no use to forge them.
  gate.is_always_asked = options.has_hostgroup();
  gate.seed = {siphash24(options.cookie_key, {}), siphash24(options.cookie_key, {{1}})};
  return gate;
}

LaneOptions lane_options(const ScanOptions& options) {
  LaneOptions lane;
  lane.tries = options.retries + 1;
  lane.timeout_ns = options.timeout_ns;
  return lane;
}

HostGroup::Options group_options(const ScanContext& context) {
  const ScanOptions& options = context.options;
  return {.group = options.hostgroup,
          .span = {options.start_position, context.end_position},
          .seed = options.seed,
          .tries = options.retries + 1,
          .timeout_ns = options.timeout_ns,
          .is_adaptive = options.adaptive_timeout};
}

/// A group is not to be moved: the others point to it.
HostGroup* made_group(std::optional<HostGroup>& group, const ScanContext& context,
                      TargetGate& gate) {
  if (!context.options.has_hostgroup()) return nullptr;
  return &group.emplace(context.plan, context.order, gate, group_options(context));
}

}  // namespace

ScanDeferral::ScanDeferral(ScanContext& context, const ProbeRenderer& renderer)
    : context_(context),
      gate_(gate_options(context.options)),
      lane_(
          gate_,
          [&context](std::uint64_t position) {
            return context.plan.at(context.order.map(position)).address;
          },
          lane_options(context.options)),
      chooser_(
          context.cursors, lane_,
          [&renderer](std::uint64_t position) -> std::optional<IpAddress> {
            const ProbeRenderer::Aim aim = renderer.aim(position);
            if (!aim.reachable) return std::nullopt;
            return aim.target.address;
          },
          made_group(group_, context, gate_)),
      marks_(context.window, lane_, group_ ? &*group_ : nullptr) {
  // The window knows nothing of what the group sends.
  if (group_) context.lane_in_use.store(true, std::memory_order_release);
}

void ScanDeferral::note(const ProbeChooser::Choice& choice) noexcept {
  using Kind = ProbeChooser::Choice::Kind;
  if (choice.kind == Kind::given_up) return;
  if (!choice.is_probe) all_backed_off_ = false;
  // Before the packet leaves: its answer is the capture thread's to bring.
  if (choice.kind == Kind::deferred) context_.lane_in_use.store(true, std::memory_order_release);
}

void ScanDeferral::take_heard() {
  if (!context_.options.defers()) return;
  for (const auto& feed : context_.feeds) {
    while (const std::size_t count = feed->heard.pop(heard_)) {
      for (std::size_t i = 0; i < count; ++i) take(heard_[i]);
    }
  }
  if (!group_ && lane_.in_flight() == 0)
    context_.lane_in_use.store(false, std::memory_order_relaxed);
}

void ScanDeferral::take(const HeardAnswer& heard) {
  const Answer& answer = heard.answer;
  const bool complains = context_.options.adaptive_rate && is_complaint(answer.finding.reason);
  if (!heard.is_settled) settle(heard, complains);
  if (!complains) return;
  const auto escalation = lane_.complain(answer.target, heard.at_ns);
  if (escalation) tell(answer, *escalation);
}

void ScanDeferral::settle(const HeardAnswer& heard, bool is_complaint) {
  auto& slots = context_.slots;
  const auto answered = this->answered(heard, is_complaint);
  if (!answered) {
    slots.add_shared(kSlotLate, 1);
    return;
  }
  if (!is_complaint) all_backed_off_ = false;
  const Answer& answer = heard.answer;
  ScanRecord record(answer.target, answer.port, answer.finding);
  record.ttl = answer.ttl;
  // Of a repeated probe nobody knows which one was answered (Karn's rule).
  if (!answered->is_retried && heard.at_ns >= answered->sent_ns) {
    record.rtt_us = static_cast<float>(heard.at_ns - answered->sent_ns) / 1000.0F;
  }
  if (answer.icmp) slots.add_shared(kSlotIcmpUnreachable, 1);
  context_.report(record, context_.records);
}

std::optional<DeferredLane::Answered> ScanDeferral::answered(const HeardAnswer& heard,
                                                             bool is_complaint) {
  if (!group_) return lane_.answer(heard.position, is_complaint);
  const auto of_group =
      group_->answer(heard.position, {.at_ns = heard.at_ns,
                                      .is_open = heard.answer.finding.state == PortState::open,
                                      .is_complaint = is_complaint,
                                      .is_from_target = !heard.answer.icmp});
  if (!of_group) return std::nullopt;
  if (of_group->tarpit) tell(heard.answer, *of_group->tarpit);
  return of_group->pair;
}

void ScanDeferral::tell(const Answer& answer, const HostGroup::Tarpit& tarpit) {
  ScanRecord record(answer.target, static_cast<std::uint16_t>(tarpit.open), answer.finding);
  record.kind = RecordKind::tarpit;
  record.silence_ms = tarpit.probed;
  context_.records.push(record);
}

void ScanDeferral::tell(const Answer& answer, const TargetGate::Escalation& escalation) {
  const bool is_network = escalation.scope == BlockScope::network;
  const auto all_bits = static_cast<unsigned>(8 * answer.target.size());
  const BackoffPrefixes& networks = gate_.networks();
  const unsigned network_bits = answer.target.is_v6() ? networks.v6 : networks.v4;
  const unsigned bits = is_network ? network_bits : all_bits;
  ScanRecord record(ip_prefix(answer.target, bits), static_cast<std::uint16_t>(bits),
                    answer.finding);
  record.kind = RecordKind::backoff;
  record.level = static_cast<std::uint8_t>(escalation.level);
  record.silence_ms = static_cast<std::uint32_t>(escalation.silence_ns / kNsPerMs);
  context_.records.push(record);
}

void ScanDeferral::publish(std::uint64_t now_ns, bool found_nothing) {
  if (!context_.options.defers()) return;
  auto& slots = context_.slots;
  gate_.tidy(now_ns);
  if (!all_backed_off_ && all_are_silent(now_ns, found_nothing)) {
    all_backed_off_ = true;
    ScanRecord record;
    record.kind = RecordKind::all_backed_off;
    context_.records.push(record);
  }
  slots.set(kSlotBackedOffTargets, static_cast<double>(gate_.backed_off(now_ns)));
  slots.set(kSlotParked, static_cast<double>(lane_.parked()));
  slots.set(kSlotAllBackedOff, all_backed_off_ ? 1 : 0);
  if (group_) publish_group(*group_);
  if (lane_.full() && !was_full_) slots.add(kSlotLaneFull, 1);
  was_full_ = lane_.full();
}

void ScanDeferral::publish_group(const HostGroup& group) {
  auto& slots = context_.slots;
  context_.journal.write(group.progress());
  slots.set(kSlotActiveHosts, group.active());
  slots.set(kSlotHostTimeouts, static_cast<double>(group.timed_out()));
  slots.set(kSlotTarpits, static_cast<double>(group.tarpits()));
  slots.set(kSlotSmoothedRttUs, static_cast<double>(group.rtt().smoothed_ns()) / 1000.0);
}

bool ScanDeferral::all_are_silent(std::uint64_t now_ns, bool found_nothing) const noexcept {
  if (group_) return found_nothing && group_->all_are_silent(now_ns);
  const ProbeCursors& cursors = context_.cursors;
  const bool none_awaited = cursors.settled() == cursors.started();
  const bool none_new = cursors.all_started() || lane_.full();
  return found_nothing && none_awaited && none_new && lane_.all_wait_for_silence(now_ns);
}

}  // namespace pacegate
