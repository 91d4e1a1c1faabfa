#include "engine/deferral/rate_caps.h"

#include <algorithm>

#include "core/ip_prefix.h"
#include "core/time.h"

namespace pacegate {
namespace {

constexpr double kBurstSeconds = 0.01;
// 16 bytes each, as needed. Targets beyond that share one bucket: too slow, never too fast.
constexpr std::uint64_t kMaxKeys = std::uint64_t{1} << 20;

// Slow enough for any part, fast enough for a bucket to count.
constexpr double kMinRate = 1.0 / 3600;

KeyedOptions options_of(const BucketQuota& quota) {
  return {.quota = quota, .max_keys = kMaxKeys, .idle = 0};
}

}  // namespace

RateCaps::RateCaps(const RateCapOptions& options, const SipKey& seed)
    : options_(options), target_hasher_(seed, 128), zone_hasher_(seed, options.prefixes.v6) {
  const auto target = make_quota(options.target_rate, burst_of(options.target_rate));
  if (target) target_.emplace(options_of(*target));
  const auto zone = make_quota(options.prefix_rate, burst_of(options.prefix_rate));
  if (zone) zone_.emplace(options_of(*zone));
}

void RateCaps::set_part(double part, std::uint64_t now_ns) noexcept {
  if (part == part_) return;
  part_ = part;
  const auto lower = [&](std::optional<KeyedTable>& table, double whole) {
    if (!table) return;
    const double rate = std::max(whole * part, kMinRate);
    const auto quota = make_quota(rate, burst_of(rate));
    if (quota) table->set_quota(*quota, ticks_from_ns(now_ns));
  };
  lower(target_, options_.target_rate);
  lower(zone_, options_.prefix_rate);
}

double RateCaps::burst_of(double rate) noexcept {
  return std::max(1.0, rate * kBurstSeconds);
}

KeyId RateCaps::zone_id(const IpAddress& address) const noexcept {
  const IpAddress host = unmapped(address);
  return host.is_v6() ? zone_hasher_.of(host)
                      : zone_hasher_.of(ip_prefix(host, options_.prefixes.v4));
}

std::uint64_t RateCaps::take_from(KeyedTable& table, KeyId id, std::uint64_t now_ns) noexcept {
  const BucketVerdict verdict = table.try_acquire(id, 1.0, ticks_from_ns(now_ns));
  return verdict.allowed() ? 0 : now_ns + verdict.wait / kTicksPerNs + 1;
}

RateCaps::Verdict RateCaps::take(const IpAddress& address, std::uint64_t now_ns) noexcept {
  const KeyId target = target_ ? target_hasher_.of(address) : 0;
  if (target_) {
    const std::uint64_t until = take_from(*target_, target, now_ns);
    if (until != 0) return {false, BlockScope::target, until};
  }
  if (zone_) {
    const std::uint64_t until = take_from(*zone_, zone_id(address), now_ns);
    if (until != 0) {
      if (target_) target_->reward(target, 1.0, ticks_from_ns(now_ns));
      return {false, BlockScope::zone, until};
    }
  }
  return {};
}

}  // namespace pacegate
