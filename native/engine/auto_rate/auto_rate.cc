#include "engine/auto_rate/auto_rate.h"

#include <algorithm>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kShortestTrialNs = 200 * kNsPerMs;
constexpr std::uint64_t kLongestTrialNs = kNsPerSecond;
constexpr std::uint64_t kSettleNs = 50 * kNsPerMs;
constexpr std::uint64_t kShortestTimeoutNs = 50 * kNsPerMs;
constexpr std::uint64_t kFewToMeanMuch = 4;  // round trips
constexpr std::uint64_t kJitterNs = 2 * kNsPerMs;
// Canaries: a fiftieth of what is sent, and where that is few up to a fifth.
constexpr double kUsualShare = 0.02;
constexpr double kLargestShare = 0.2;
constexpr double kFewCanaries = 400;
constexpr double kManyCanaries = 1000;

}  // namespace

AutoRate::AutoRate(const AutoRateOptions& options, LossyTimes& lossy, std::uint64_t now_ns)
    : options_(options),
      lossy_(lossy),
      search_(options.search),
      canaries_(options.key),
      random_(options.key.k0 | 1U) {
  settle(now_ns);
}

double AutoRate::canary_rate() const noexcept {
  const double usual = rate() * kUsualShare;
  return std::clamp(usual, std::min(rate() * kLargestShare, kFewCanaries), kManyCanaries);
}

std::uint64_t AutoRate::answer_timeout_ns() const noexcept {
  const std::uint64_t longest = std::max(options_.timeout_ns / 2, kShortestTimeoutNs);
  return canaries_.rtt().timeout_ns(kShortestTimeoutNs, longest);
}

void AutoRate::set_cap(double cap, std::uint64_t now_ns) {
  const double before = rate();
  search_.set_cap(cap);
  if (rate() == before) return;
  ++rate_changes_;
  settle(now_ns);
}

bool AutoRate::step(const Facts& facts) {
  canaries_.expire(facts.heard_ns, answer_timeout_ns());
  switch (phase_) {
    case Phase::settling:
      if (facts.now_ns >= phase_end_ns_) measure(facts);
      break;
    case Phase::measuring:
      if (facts.now_ns >= phase_end_ns_) wait(facts);
      break;
    case Phase::waiting: {
      const bool all_decided = canaries_.count().decided() == canaries_.count().sent;
      if (!all_decided && facts.heard_ns < phase_end_ns_) break;
      judge(facts);
      return true;
    }
  }
  return false;
}

void AutoRate::settle(std::uint64_t now_ns) {
  canaries_.end_trial();
  phase_ = Phase::settling;
  rate_since_ns_ = now_ns;
  phase_end_ns_ = now_ns + kSettleNs + 2 * canaries_.rtt().smoothed_ns() + options_.lead_ns;
}

void AutoRate::measure(const Facts& facts) {
  const double canary_ns = static_cast<double>(kNsPerSecond) / canary_rate();
  const auto time_for = [canary_ns](std::uint64_t canaries) {
    return static_cast<std::uint64_t>(static_cast<double>(canaries) * canary_ns);
  };
  const std::uint64_t longest =
      std::clamp(options_.timeout_ns / 2, kShortestTrialNs, kLongestTrialNs);
  // Too few canaries say nothing, so a slow rate takes its time.
  trial_ns_ = std::max(std::clamp(time_for(search_.wanted_canaries()), kShortestTrialNs, longest),
                       time_for(2 * RateSearch::kFewestCanaries));
  phase_ = Phase::measuring;
  trial_start_ns_ = facts.now_ns;
  phase_end_ns_ = facts.now_ns + trial_ns_;
  next_canary_ns_ = facts.now_ns;
  dropped_before_ = facts.receiver_dropped;
  sent_ = 0;
  is_starved_ = false;
  canaries_.begin_trial(facts.now_ns, trial_ns_ / 3);
}

void AutoRate::wait(const Facts& facts) {
  const auto elapsed_ns = static_cast<double>(facts.now_ns - trial_start_ns_);
  achieved_ = static_cast<double>(sent_) * static_cast<double>(kNsPerSecond) / elapsed_ns;
  canaries_.end_trial();
  phase_ = Phase::waiting;
  phase_end_ns_ = facts.now_ns + options_.lead_ns + answer_timeout_ns();
}

RateTrial AutoRate::trial(const Facts& facts) const noexcept {
  const CanaryCount& count = canaries_.count();
  RateTrial trial{.rate = rate(),
                  .achieved = achieved_,
                  .canaries = count.decided(),
                  .lost = count.lost,
                  .receiver_dropped = facts.receiver_dropped - dropped_before_,
                  .queue_growth = 0,
                  .is_starved = is_starved_};
  if (count.early < kFewToMeanMuch || count.late < kFewToMeanMuch) return trial;
  const std::uint64_t early = count.early_rtt_ns / count.early;
  const std::uint64_t late = count.late_rtt_ns / count.late;
  // From the middle of the first third to that of the last.
  const std::uint64_t between = trial_ns_ * 2 / 3;
  if (late > early + kJitterNs + early / 4) {
    trial.queue_growth = static_cast<double>(late - early) / static_cast<double>(between);
  }
  return trial;
}

void AutoRate::judge(const Facts& facts) {
  const RateTrial judged = trial(facts);
  judged_canaries_ += judged.canaries;
  judged_lost_ += judged.lost;
  const auto verdict = search_.judge(judged);
  // All that was sent at this rate is in doubt, also what an earlier trial found nothing wrong with.
  if (verdict == RateSearch::Verdict::lossy) {
    lossy_.add(rate_since_ns_, facts.now_ns + options_.lead_ns);
  }
  if (rate() == judged.rate) return measure(facts);
  ++rate_changes_;
  settle(facts.now_ns);
}

std::uint64_t AutoRate::place_of_canary(std::uint64_t packets, std::uint64_t now_ns) noexcept {
  if (phase_ != Phase::measuring || now_ns < next_canary_ns_ || packets == 0) return UINT64_MAX;
  next_canary_ns_ += static_cast<std::uint64_t>(static_cast<double>(kNsPerSecond) / canary_rate());
  random_ ^= random_ << 13;  // xorshift, G. Marsaglia 2003
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_ % packets;
}

std::optional<std::uint64_t> AutoRate::next_canary(std::uint64_t departure_ns) {
  return canaries_.next(departure_ns);
}

}  // namespace pacegate
