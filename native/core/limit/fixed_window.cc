#include "core/limit/fixed_window.h"

#include <algorithm>

namespace pacegate {

FixedWindow::FixedWindow(double limit, std::uint64_t window_ns, std::uint64_t now_ns) noexcept
    : window_ns_(window_ns),
      scale_(limit),
      limit_(scale_.grains(limit)),
      start_ns_(now_ns),
      latest_ns_(now_ns) {}

bool FixedWindow::try_acquire(double cost, std::uint64_t now_ns) noexcept {
  latest_ns_ = latest(now_ns);
  const std::uint64_t grains = scale_.grains(cost);
  if (grains == 0) return true;
  const std::uint64_t used = used_grains(latest_ns_);
  // Compared without adding: the cost may be kTooMuch.
  if (used > limit_ || grains > limit_ - used) return false;
  if (used == 0) start_ns_ = latest_ns_;
  used_ = used + grains;
  return true;
}

std::uint64_t FixedWindow::wait_ns(double cost, std::uint64_t now_ns) const noexcept {
  const std::uint64_t grains = scale_.grains(cost);
  if (grains > limit_) return kNeverNs;
  if (grains == 0 || used_grains(latest(now_ns)) + grains <= limit_) return 0;
  return start_ns_ + window_ns_ - now_ns;
}

double FixedWindow::available(std::uint64_t now_ns) const noexcept {
  const std::uint64_t used = used_grains(latest(now_ns));
  return used < limit_ ? scale_.units(limit_ - used) : 0.0;
}

double FixedWindow::used(std::uint64_t now_ns) const noexcept {
  return scale_.units(used_grains(latest(now_ns)));
}

std::uint64_t FixedWindow::reset_ns(std::uint64_t now_ns) const noexcept {
  return used_grains(latest(now_ns)) == 0 ? 0 : start_ns_ + window_ns_ - now_ns;
}

void FixedWindow::give_back(double units, std::uint64_t now_ns) noexcept {
  latest_ns_ = latest(now_ns);
  used_ = used_grains(latest_ns_);
  if (units > 0.0) used_ -= std::min(scale_.grains(units), used_);
}

bool FixedWindow::set_quota(const SerialQuota& quota, std::uint64_t /*now_ns*/) noexcept {
  const UnitScale scale(quota.limit);
  used_ = scale_.convert(used_, scale);
  scale_ = scale;
  limit_ = scale.grains(quota.limit);
  return true;
}

void FixedWindow::reset(std::uint64_t now_ns) noexcept {
  latest_ns_ = now_ns;
  used_ = 0;
}

std::unique_ptr<SerialLimiter> FixedWindow::copy() const {
  return std::unique_ptr<FixedWindow>(new FixedWindow(*this));
}

}  // namespace pacegate
