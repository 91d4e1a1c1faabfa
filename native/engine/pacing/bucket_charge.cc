#include "engine/pacing/bucket_charge.h"

#include <algorithm>

#include "core/time.h"

namespace pacegate {
namespace {

// As the pacer wakes, see engine/pacing/pacer.cc.
constexpr double kQuantumSeconds = 0.0005;
// For a bucket that cannot give a token now nor says when: somebody is about to change it.
constexpr std::uint64_t kAskAgainNs = 10 * kNsPerMs;

}  // namespace

std::uint64_t BucketCharge::take(std::uint64_t wanted, std::uint64_t now_ns) noexcept {
  if (bucket_ == nullptr) return wanted;
  if (wanted > in_hand_) {
    in_hand_ += bucket_->try_acquire_up_to(wanted - in_hand_, ticks_from_ns(now_ns));
  }
  return std::min(wanted, in_hand_);
}

void BucketCharge::spend(std::uint64_t packets) noexcept {
  if (bucket_ != nullptr) in_hand_ -= packets;
}

void BucketCharge::restore(std::uint64_t packets) noexcept {
  if (bucket_ != nullptr) in_hand_ += packets;
}

void BucketCharge::refund(std::uint64_t now_ns) noexcept {
  if (bucket_ == nullptr || in_hand_ == 0) return;
  const Ticks now = ticks_from_ns(now_ns);
  const bool somebody_waits = bucket_->time_to_full(now) > bucket_->quota().capacity;
  if (!somebody_waits) bucket_->give_back(static_cast<double>(in_hand_), now);
  in_hand_ = 0;
}

std::uint64_t BucketCharge::ready_ns(std::uint64_t now_ns) const noexcept {
  if (bucket_ == nullptr) return now_ns;
  const double a_quantum = bucket_->rate() * kQuantumSeconds;
  const double tokens = std::max(1.0, std::min(a_quantum, bucket_->burst() / 2));
  const BucketVerdict verdict = bucket_->peek(tokens, ticks_from_ns(now_ns));
  if (verdict.outcome == BucketVerdict::Outcome::never) return now_ns + kAskAgainNs;
  return now_ns + (verdict.wait + kTicksPerNs - 1) / kTicksPerNs;
}

}  // namespace pacegate
