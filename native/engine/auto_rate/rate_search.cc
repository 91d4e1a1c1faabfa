#include "engine/auto_rate/rate_search.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pacegate {
namespace {

constexpr double kFastest = 2;       // growth while nothing is known
constexpr double kSmallStep = 1.06;  // and when the rate has been found
constexpr double kCloseEnough = 1.05;
constexpr double kMargin = 0.97;    // below what got through
constexpr double kDoubtful = 0.85;  // of a rate that seemed lossless
constexpr double kLowest = 100;     // packets per second
constexpr double kNearlyAsked = 0.93;
constexpr double kReceiverRelief = 0.8;
constexpr double kManifestLoss = 0.1;  // needs no second look
constexpr double kNoticeableGrowth = 0.02;
constexpr double kMostBackground = 0.2;
constexpr double kMaxRecorded = 2000;  // canaries; older ones count less
constexpr unsigned kCutsInARow = 3;
constexpr double kNegligible = 0.003;  // when many are looked at together
constexpr std::uint64_t kFewToJudge = 200;
constexpr std::uint64_t kMaxHeldCanaries = 20'000;  // older ones prove little
constexpr std::uint64_t kFirstPatience = 8;
constexpr std::uint64_t kLongestPatience = 64;
constexpr std::uint64_t kMostProof = 8;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::size_t BackgroundLoss::index(double rate) noexcept {
  return std::min<std::size_t>(std::bit_width(static_cast<std::uint64_t>(rate)), 31);
}

void BackgroundLoss::add(const RateTrial& trial) noexcept {
  Record& record = records_[index(trial.rate)];
  record.canaries += static_cast<double>(trial.canaries);
  record.lost += static_cast<double>(trial.lost);
  if (record.canaries > kMaxRecorded) {
    record.canaries /= 2;
    record.lost /= 2;
  }
}

double BackgroundLoss::below(double rate) const noexcept {
  Record sum;
  for (std::size_t i = 0; i < index(rate); ++i) {
    sum.canaries += records_[i].canaries;
    sum.lost += records_[i].lost;
  }
  return sum.canaries == 0 ? 0 : sum.lost / sum.canaries;
}

RateSearch::RateSearch(const RateSearchOptions& options) noexcept
    : options_(options),
      rate_(std::min(options.start, options.cap)),
      growth_(kFastest),
      patience_(kFirstPatience) {}

std::uint64_t RateSearch::wanted_canaries() const noexcept {
  return cuts_ > 0 || (lossless_ > 0 && rate_ < kFastest * lossless_) ? 160 : 48;
}

RateSearch::Verdict RateSearch::judge(const RateTrial& trial) noexcept {
  held_canaries_ += trial.canaries;
  held_lost_ += trial.lost;
  ++held_trials_;
  if (compares_ && trial.canaries >= kFewestCanaries) return compared(trial);
  if (is_overload(trial)) return overloaded(trial);
  if (trial.is_starved) return Verdict::unclear;
  if (trial.achieved < kNearlyAsked * trial.rate) return slower_than_asked(trial);
  if (trial.canaries < kFewestCanaries) return blind();
  return passed(trial);
}

double RateSearch::background_loss(double rate) const noexcept {
  return std::min(background_.below(rate), kMostBackground);
}

// More than three deviations beyond what the path loses anyway.
bool RateSearch::is_lossy(std::uint64_t canaries, std::uint64_t lost) const noexcept {
  if (canaries < kFewestCanaries) return false;
  double part = background_loss(rate_);
  if (canaries > kFewToJudge) part = std::max(part, kNegligible);
  const double expected = part * static_cast<double>(canaries);
  const double deviation = std::sqrt(expected * (1 - part));
  return static_cast<double>(lost) > expected + 3 * deviation;
}

bool RateSearch::is_overload(const RateTrial& trial) const noexcept {
  return trial.receiver_dropped > 0 || is_lossy(trial.canaries, trial.lost) ||
         (trial.lost > 0 && is_lossy(held_canaries_, held_lost_)) ||
         trial.queue_growth > kNoticeableGrowth;
}

RateSearch::Verdict RateSearch::overloaded(const RateTrial& trial) noexcept {
  const double loss = ratio(trial.lost, trial.canaries);
  if (trial.rate <= kLowest && loss <= kMostBackground) return passed(trial);
  if (loss < kManifestLoss) background_.add(trial);
  const bool is_manifest = loss >= kManifestLoss + background_loss(trial.rate) ||
                           trial.receiver_dropped > 0 || trial.queue_growth > kNoticeableGrowth;
  // A single packet is an accident, and a host that went away loses what it was asked only once.
  if (!is_manifest && !doubts_) {
    doubts_ = true;
  } else {
    cut(trial, std::max(loss, ratio(held_lost_, held_canaries_)));
  }
  return Verdict::lossy;
}

void RateSearch::cut(const RateTrial& trial, double loss) noexcept {
  const double tried = std::min(trial.rate, std::max(trial.achieved, kLowest));
  const bool is_receiver = trial.receiver_dropped > 0;
  if (cuts_++ == 0) first_rate_ = tried;
  lossy_ = std::min(lossy_, tried);
  if (lossless_ >= lossy_) disbelieve();
  bound_ = is_receiver ? RateBound::receiver : RateBound::path;
  if (cuts_ >= kCutsInARow && loss <= kMostBackground && !is_receiver) {
    move_to(std::max(first_rate_ / 2, kLowest));
    compares_ = true;
    return;
  }
  double through =
      tried * (1 - std::max(0.0, loss - background_loss(tried))) / (1 + trial.queue_growth);
  if (is_receiver) through = std::min(through, tried * kReceiverRelief);
  // What a burst let through was never the rate.
  if (!is_receiver && through < kDoubtful * lossless_) disbelieve();
  if (lossless_ > 0 && (lossy_ <= kCloseEnough * lossless_ || through * kMargin <= lossless_)) {
    return look_between();
  }
  move_to(std::max(through * kMargin, kLowest));
}

// What seemed lossless was not, or is not any more: the next to seem so has to prove it for longer.
void RateSearch::disbelieve() noexcept {
  lossless_ = 0;
  growth_ = kFastest;
  proof_ = std::min(proof_ * 2, kMostProof);
}

// A bottleneck that lost a fifth loses nothing at half the rate: what is lost there is the path's own.
RateSearch::Verdict RateSearch::compared(const RateTrial& trial) noexcept {
  background_.add(trial);
  lossless_ = 0;
  lossy_ = std::numeric_limits<double>::infinity();
  cuts_ = 0;
  move_to(first_rate_);
  return trial.lost > 0 ? Verdict::lossy : Verdict::lossless;
}

RateSearch::Verdict RateSearch::slower_than_asked(const RateTrial& trial) noexcept {
  if (trial.canaries >= kFewestCanaries) lossless_ = std::max(lossless_, trial.achieved);
  hold(std::max(trial.achieved, kLowest), RateBound::sender);
  return Verdict::lossless;
}

RateSearch::Verdict RateSearch::blind() noexcept {
  // Whoever answers next is a new beginning.
  lossless_ = 0;
  lossy_ = std::numeric_limits<double>::infinity();
  growth_ = kFastest;
  proof_ = 1;
  cuts_ = 0;
  bound_ = RateBound::nobody;
  holds_ = false;
  const double most = std::min(options_.cap, options_.blind);
  if (rate_ >= most) return Verdict::unclear;
  move_to(std::min(rate_ * kFastest, most));
  return Verdict::unclear;
}

RateSearch::Verdict RateSearch::passed(const RateTrial& trial) noexcept {
  doubts_ = false;
  cuts_ = 0;
  background_.add(trial);
  // A policer with a burst, or a queue, lets through more than it can for a while.
  if (!holds_ && held_trials_ < proof_) return Verdict::lossless;
  if (rate_ <= kLowest) {  // there is nothing to hold on to
    lossy_ = std::numeric_limits<double>::infinity();
    growth_ = kFastest;
    holds_ = false;
  }
  lossless_ = std::max(lossless_, trial.rate);
  if (rate_ >= options_.cap) {
    hold(options_.cap, RateBound::cap);
  } else if (holds_) {
    // Bounds drift: what was lossy a while ago may be fine now.
    if (held_trials_ < patience_) return Verdict::lossless;
    patience_ = std::min(patience_ * 2, kLongestPatience);
    growth_ = kSmallStep;
    lossless_ = rate_;
    lossy_ = std::numeric_limits<double>::infinity();
    move_to(rate_ * growth_);
  } else if (std::isinf(lossy_)) {
    if (growth_ < kFastest) {  // a step up that went well
      patience_ = kFirstPatience;
    } else {
      proof_ = std::max(proof_ / 2, std::uint64_t{1});
    }
    growth_ = std::min(growth_ * growth_, kFastest);
    bound_ = RateBound::search;
    move_to(rate_ * growth_);
  } else {
    look_between();
  }
  if (held_canaries_ > kMaxHeldCanaries) held_canaries_ = held_lost_ = 0;
  return Verdict::lossless;
}

void RateSearch::look_between() noexcept {
  if (lossy_ <= kCloseEnough * lossless_ || growth_ < kFastest) {
    hold(lossless_, bound_ == RateBound::receiver ? RateBound::receiver : RateBound::path);
  } else {
    move_to(std::sqrt(lossless_ * lossy_));
  }
}

void RateSearch::hold(double rate, RateBound bound) noexcept {
  bound_ = bound;
  const double held = std::min(rate, options_.cap);
  if (holds_ && held == rate_) return;
  move_to(held);
  holds_ = true;
}

void RateSearch::move_to(double rate) noexcept {
  rate_ = std::min(rate, options_.cap);
  holds_ = false;
  doubts_ = false;
  compares_ = false;
  forget_held();
}

void RateSearch::forget_held() noexcept {
  held_canaries_ = 0;
  held_lost_ = 0;
  held_trials_ = 0;
}

void RateSearch::set_cap(double cap) noexcept {
  const bool raised = cap > options_.cap;
  options_.cap = cap;
  if (rate_ > cap) {
    hold(cap, RateBound::cap);
  } else if (raised && bound_ == RateBound::cap) {
    bound_ = RateBound::search;
    holds_ = false;
    growth_ = kSmallStep;
  }
}

}  // namespace pacegate
