#include "core/limit/hybrid_limiter.h"

#include <algorithm>
#include <type_traits>

namespace pacegate {

static_assert(std::is_trivially_copyable_v<HybridState>);

std::optional<HybridState> HybridState::make(const SerialQuota& quota, std::uint64_t window_ns,
                                             std::uint64_t now_ns) noexcept {
  const std::optional<BucketQuota> bucket = make_quota(quota.rate, quota.burst);
  if (!bucket) return std::nullopt;
  return HybridState(quota, *bucket, {window_ns, 0, kGrants}, now_ns);
}

bool HybridState::try_acquire(double cost, std::uint64_t now_ns, std::span<Grant> ring) noexcept {
  const Ticks now = tick(now_ns);
  if (!bucket_.try_take(cost, now)) return false;
  if (log_.try_take(cost, now_ns, ring)) return true;
  bucket_.give_back(cost, now);
  return false;
}

std::uint64_t HybridState::wait_ns(double cost, std::uint64_t now_ns,
                                   std::span<const Grant> ring) const noexcept {
  const Ticks wait = bucket_.wait(cost, tick(now_ns));
  if (wait == BucketVerdict::kForever) return kNeverNs;
  // Each goes on granting what it once would, until somebody takes: both do at the later time.
  return std::max(ns_from_wait(wait, now_ns), log_.wait_ns(cost, now_ns, ring));
}

double HybridState::available(std::uint64_t now_ns, std::span<const Grant> ring) const noexcept {
  return std::min(bucket_.available(tick(now_ns)), log_.available(now_ns, ring));
}

std::uint64_t HybridState::reset_ns(std::uint64_t now_ns,
                                    std::span<const Grant> ring) const noexcept {
  return std::max(ns_from_wait(bucket_.debt(tick(now_ns)), now_ns),
                  log_.time_to_empty_ns(now_ns, ring));
}

void HybridState::give_back(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept {
  bucket_.give_back(units, tick(now_ns));
  log_.give_back(units, now_ns, ring);
}

void HybridState::undo(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept {
  bucket_.give_back(units, tick(now_ns));
  log_.undo(units, now_ns, ring);
}

bool HybridState::set_quota(const SerialQuota& quota, std::uint64_t now_ns,
                            std::span<Grant> ring) noexcept {
  const std::optional<BucketQuota> bucket = make_quota(quota.rate, quota.burst);
  if (!bucket) return false;
  bucket_.set_quota(*bucket, tick(now_ns));
  log_.set_limit(quota.limit, kGrants, ring);
  quota_ = quota;
  return true;
}

void HybridState::reset(std::uint64_t now_ns) noexcept {
  log_.clear(now_ns);
  bucket_.reset(ticks_from_ns(now_ns));
}

std::uint64_t HybridState::ns_from_wait(Ticks wait, std::uint64_t now_ns) const noexcept {
  if (wait == 0) return 0;
  return log_.latest(now_ns) - now_ns + (wait + kTicksPerNs - 1) / kTicksPerNs;
}

std::unique_ptr<HybridLimiter> HybridLimiter::make(const SerialQuota& quota,
                                                   std::uint64_t window_ns, std::uint64_t now_ns) {
  const std::optional<HybridState> state = HybridState::make(quota, window_ns, now_ns);
  if (!state) return nullptr;
  return std::make_unique<HybridLimiter>(*state, std::span<const Grant>());
}

void HybridLimiter::reset(std::uint64_t now_ns) noexcept {
  state_.reset(now_ns);
  ring_.shrink();
}

}  // namespace pacegate
