#include "core/limit/adaptive_throttle.h"

#include <algorithm>
#include <cmath>

namespace pacegate {

AdaptiveThrottle::AdaptiveThrottle(double rate, std::uint64_t start_ns,
                                   std::uint32_t max_batch) noexcept
    : schedule_(rate, start_ns, kCatchUpNs),
      max_batch_(std::max<std::uint32_t>(max_batch, 1)),
      expected_ns_(start_ns) {}

std::uint32_t AdaptiveThrottle::next_batch(std::uint64_t packets_sent,
                                           std::uint64_t now_ns) noexcept {
  const std::uint64_t fresh = packets_sent > packets_sent_ ? packets_sent - packets_sent_ : 0;
  packets_sent_ = packets_sent;
  schedule_.commit(fresh);
  const auto overdue = static_cast<std::int64_t>(now_ns - expected_ns_);
  if (overdue > static_cast<std::int64_t>(kGapNs)) {
    ring_.clear();
    batch_ = 1.0;
    schedule_.restart(now_ns);
  }
  ring_.add(now_ns, fresh);
  const std::uint64_t due = schedule_.due(now_ns);
  follow(now_ns, due);
  // A caller told to wait an hour for its packet is not asleep meanwhile.
  expected_ns_ = due == 0 ? schedule_.next_deadline_ns() : now_ns;
  return static_cast<std::uint32_t>(std::min(due, static_cast<std::uint64_t>(batch_)));
}

std::uint64_t AdaptiveThrottle::wait_ns(std::uint64_t now_ns) const noexcept {
  const auto ahead = static_cast<std::int64_t>(schedule_.next_deadline_ns() - now_ns);
  return ahead > 0 ? static_cast<std::uint64_t>(ahead) : 0;
}

void AdaptiveThrottle::follow(std::uint64_t now_ns, std::uint64_t due) noexcept {
  constexpr double kSlowest = 0.999;
  constexpr double kFastest = 1.005;
  const double observed = ring_.rate(now_ns);
  double factor = kFastest;
  if (observed > 0.0) {
    factor = std::clamp(std::sqrt(schedule_.rate() / observed), kSlowest, kFastest);
  }
  // Growing helps only where the batch, not the schedule, holds packets back; without this test
  // noise in the observed rate would push the batch of a slow sender to its maximum.
  if (factor > 1.0 && due <= static_cast<std::uint64_t>(batch_)) return;
  batch_ = std::clamp(batch_ * factor, 1.0, max_batch_);
}

}  // namespace pacegate
