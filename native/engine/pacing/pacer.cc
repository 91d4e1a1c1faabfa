#include "engine/pacing/pacer.h"

#include <algorithm>

#include "core/time.h"
#include "platform/clock.h"

namespace pacegate {
namespace {

// A sleeping thread is back this long after its deadline at the worst, most of the time.
constexpr std::uint64_t kSpinNs = 100'000;
// With a lead the frames' own times decide, so waking seldom costs no precision; a quarter of the
// lead leaves three for a thread that wakes late.
constexpr std::uint64_t kWakesPerLead = 4;

std::uint64_t quantum_ns(Precision precision, std::uint64_t lead_ns) {
  if (lead_ns > 0) return lead_ns / kWakesPerLead;
  switch (precision) {
    case Precision::eco:
      return kNsPerMs;
    case Precision::balanced:
      return kNsPerMs / 2;
    case Precision::spin:
      break;
  }
  return 0;
}

}  // namespace

// The schedule is asked at now + lead, where every packet seems late by the lead.
Pacer::Pacer(const PacingOptions& options, std::uint64_t lead_ns, std::uint64_t now_ns) noexcept
    : schedule_(options.rate, now_ns, options.catch_up_ns + lead_ns),
      lead_ns_(lead_ns),
      quantum_ns_(quantum_ns(options.precision, lead_ns)),
      spins_(options.precision == Precision::spin && lead_ns == 0) {}

std::uint64_t Pacer::due(std::uint64_t now_ns) noexcept {
  unserved_ = schedule_.due(now_ns + lead_ns_);
  if (unserved_ > 0) served_ns_ = now_ns;
  return unserved_;
}

std::uint64_t Pacer::departure_ns(std::uint64_t k) const noexcept {
  return std::max(schedule_.deadline_ns(k), last_departure_);
}

void Pacer::commit(std::uint64_t packets) noexcept {
  if (packets == 0) return;
  last_departure_ = departure_ns(packets - 1);
  schedule_.commit(packets);
  unserved_ -= std::min(unserved_, packets);
}

std::uint64_t Pacer::next_wake_ns(std::uint64_t now_ns) const noexcept {
  // With a lead the sender had no room, and makes some as time goes on.
  if (unserved_ > 0) return lead_ns_ > 0 ? std::max(served_ns_ + quantum_ns_, now_ns) : now_ns;
  const std::uint64_t handover_ns = schedule_.next_deadline_ns() - lead_ns_;
  return std::max({handover_ns, served_ns_ + quantum_ns_, now_ns});
}

void Pacer::wait(platform::Waiter& waiter, std::uint64_t deadline_ns) const noexcept {
  if (!spins_) return waiter.wait_until(deadline_ns);
  const std::uint64_t sleep_until_ns = deadline_ns - std::min(deadline_ns, kSpinNs);
  if (platform::monotonic_ns() < sleep_until_ns) {
    waiter.wait_until(sleep_until_ns);
    if (platform::monotonic_ns() < sleep_until_ns) return;  // woken
  }
  while (platform::monotonic_ns() < deadline_ns) {
  }
}

void Pacer::set_rate(double rate, std::uint64_t now_ns) noexcept {
  const std::uint64_t from_ns = std::clamp(schedule_.next_deadline_ns(), now_ns, now_ns + lead_ns_);
  schedule_.set_rate(rate, from_ns);
}

void Pacer::resume(std::uint64_t ns, std::uint64_t now_ns) noexcept {
  meter_.sat_out(ns);
  schedule_.restart(now_ns);
}

}  // namespace pacegate
