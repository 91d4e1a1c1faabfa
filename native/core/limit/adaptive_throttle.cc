#include "core/limit/adaptive_throttle.h"

#include <algorithm>
#include <cmath>

namespace pacegate {

AdaptiveThrottle::AdaptiveThrottle(double rate, std::uint64_t start_ns, std::uint32_t max_batch,
                                   std::uint64_t catch_up_ns) noexcept
    : schedule_(rate, start_ns, std::min(catch_up_ns, kGapNs)),
      max_batch_(std::max<std::uint32_t>(max_batch, 1)),
      expected_ns_(start_ns),
      kept_up_ns_(start_ns) {}

std::uint32_t AdaptiveThrottle::next_batch(std::uint64_t packets_sent,
                                           std::uint64_t now_ns) noexcept {
  const std::uint64_t fresh = packets_sent > packets_sent_ ? packets_sent - packets_sent_ : 0;
  packets_sent_ = packets_sent;
  counts_.packets += fresh;
  ++counts_.calls;
  schedule_.commit(fresh);
  const auto overdue = static_cast<std::int64_t>(now_ns - expected_ns_);
  if (overdue > static_cast<std::int64_t>(kGapNs)) {
    ++counts_.gaps;
    ring_.clear();
    batch_ = 1.0;
    carry_ = 0.0;
    schedule_.restart(now_ns);
    kept_up_ns_ = now_ns;
  }
  ring_.add(now_ns, fresh);
  const std::uint64_t fell_due = newly_due(fresh, now_ns);
  give_up_backlog(now_ns);
  const std::uint64_t due = left_ = schedule_.due(now_ns);
  batch_ = std::clamp(batch_ * next_factor(now_ns, due, fell_due), 1.0, max_batch_);
  // A caller told to wait an hour for its packet is not asleep meanwhile.
  expected_ns_ = due == 0 ? schedule_.next_deadline_ns() : now_ns;
  if (due > 0) ++counts_.batches;
  return take_from_batch(due);
}

/// A batch of 2.02 lets 3 packets through every fiftieth time. Whole numbers only would hold a
/// sender that needs a little more than one of them below its rate for thousands of calls.
std::uint32_t AdaptiveThrottle::take_from_batch(std::uint64_t due) noexcept {
  const double size = batch_ + carry_;
  const auto allowed = static_cast<std::uint64_t>(std::min(size, max_batch_));
  carry_ = due >= allowed ? std::min(size - static_cast<double>(allowed), 1.0) : 0.0;
  return static_cast<std::uint32_t>(std::min(due, allowed));
}

void AdaptiveThrottle::set_rate(double rate, std::uint64_t now_ns) noexcept {
  schedule_.set_rate(rate, now_ns);
  // Who waited for the old rate's deadline is to come back for the new one's.
  if (static_cast<std::int64_t>(expected_ns_ - now_ns) > 0) {
    expected_ns_ = now_ns + wait_ns(now_ns);
  }
}

/// Packets that fell due since the call before, those included that came too late to be made good.
/// \param fresh packets charged since then
std::uint64_t AdaptiveThrottle::newly_due(std::uint64_t fresh, std::uint64_t now_ns) noexcept {
  const std::uint64_t forgone = schedule_.forgone();
  const std::uint64_t due = schedule_.due(now_ns) + (schedule_.forgone() - forgone);
  const std::uint64_t left = left_ > fresh ? left_ - fresh : 0;
  return due > left ? due - left : 0;
}

/// What a whole second could not make good never will be, without exceeding the rate for long.
void AdaptiveThrottle::give_up_backlog(std::uint64_t now_ns) noexcept {
  const std::uint64_t due = schedule_.due(now_ns);
  const auto allowed = static_cast<std::uint64_t>(batch_);
  const auto behind_ns = static_cast<std::int64_t>(now_ns - kept_up_ns_);
  if (due > allowed && behind_ns <= static_cast<std::int64_t>(kGapNs)) return;
  if (due > allowed) schedule_.forgo(due - allowed);
  kept_up_ns_ = now_ns;
}

std::uint64_t AdaptiveThrottle::wait_ns(std::uint64_t now_ns) const noexcept {
  const auto ahead = static_cast<std::int64_t>(schedule_.next_deadline_ns() - now_ns);
  return ahead > 0 ? static_cast<std::uint64_t>(ahead) : 0;
}

/// \param fell_due as newly_due() says
double AdaptiveThrottle::next_factor(std::uint64_t now_ns, std::uint64_t due,
                                     std::uint64_t fell_due) const noexcept {
  constexpr double kSlowest = 0.999;
  constexpr double kFastest = 1.005;
  const double observed = ring_.rate(now_ns);
  const double rule = observed > 0.0
                          ? std::clamp(std::sqrt(schedule_.rate() / observed), kSlowest, kFastest)
                          : kFastest;
  // More falls due from call to call than the batch lets through. What has piled up before is no
  // reason to grow: to make it good in larger batches would exceed the rate. Nor does the batch
  // shrink because the last second had more than its share: the schedule limits well enough, and
  // a batch too small would make the next second late and the one behind it overfull.
  if (static_cast<double>(fell_due) > batch_) return std::max(rule, 1.0);
  if (static_cast<double>(due) > batch_) return 1.0;
  // Where fewer than half are due it is larger than need be; a closer fit would hold back.
  if (due > 0) return static_cast<double>(2 * due) < std::floor(batch_) ? kSlowest : 1.0;
  return is_overspent(now_ns) ? std::min(rule, 1.0) : 1.0;
}

/// Whether more packets were sent than were due: the next one is more than a period away.
bool AdaptiveThrottle::is_overspent(std::uint64_t now_ns) const noexcept {
  return static_cast<double>(wait_ns(now_ns)) * schedule_.rate() > 1.01 * kNsPerSecond;
}

}  // namespace pacegate
