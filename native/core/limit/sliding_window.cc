#include "core/limit/sliding_window.h"

namespace pacegate {

namespace {

/// Entries of an exact window; nothing when the limit is too high for one.
std::optional<std::size_t> exact_grants(double limit) noexcept {
  constexpr std::size_t kFewest = 4096;
  if (!(limit <= SlidingWindow::kMaxExactLimit)) return std::nullopt;
  return std::max(kFewest, static_cast<std::size_t>(limit) + 1);
}

bool is_exact(const WindowShape& shape) noexcept {
  return shape.merge_ns == 0;
}

}  // namespace

std::unique_ptr<SlidingWindow> SlidingWindow::make(double limit, std::uint64_t window_ns,
                                                   std::uint32_t sub_windows,
                                                   std::uint64_t now_ns) {
  WindowShape shape{window_ns, 0, 0};
  if (sub_windows == 0) {
    const std::optional<std::size_t> grants = exact_grants(limit);
    if (!grants) return nullptr;
    shape.max_grants = *grants;
  } else {
    shape.merge_ns = (window_ns - 1) / sub_windows + 1;
    shape.max_grants = std::size_t{sub_windows} + 1;
  }
  return std::unique_ptr<SlidingWindow>(new SlidingWindow(shape, limit, now_ns));
}

bool SlidingWindow::set_quota(const SerialQuota& quota, std::uint64_t /*now_ns*/) noexcept {
  std::size_t grants = log_.shape().max_grants;
  if (is_exact(log_.shape())) {
    const std::optional<std::size_t> exact = exact_grants(quota.limit);
    if (!exact) return false;
    grants = *exact;
  }
  log_.set_limit(quota.limit, grants, ring_.span());
  return true;
}

void SlidingWindow::reset(std::uint64_t now_ns) noexcept {
  log_.clear(now_ns);
  ring_.shrink();
}

std::unique_ptr<SerialLimiter> SlidingWindow::copy() const {
  std::unique_ptr<SlidingWindow> copy(new SlidingWindow(log_.shape(), 1, 0));
  copy->log_ = log_;
  copy->ring_.copy_from(copy->log_, ring_.span());
  return copy;
}

}  // namespace pacegate
