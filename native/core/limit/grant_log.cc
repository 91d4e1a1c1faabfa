#include "core/limit/grant_log.h"

#include <algorithm>
#include <type_traits>

namespace pacegate {

static_assert(std::is_trivially_copyable_v<GrantLog> && std::is_trivially_copyable_v<Grant>);

namespace {

std::uint64_t merge_below(const WindowShape& shape, std::uint64_t limit) noexcept {
  if (shape.merge_ns != 0) return 0;
  return (2 * limit + shape.max_grants - 1) / shape.max_grants;
}

/// The first index of 0..count for which `holds`, which then holds for all behind it.
template <typename Predicate>
std::size_t first_index(std::size_t count, Predicate holds) noexcept {
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

GrantLog::GrantLog(const WindowShape& shape, double limit, std::uint64_t now_ns) noexcept
    : shape_(shape),
      scale_(limit),
      limit_(scale_.grains(limit)),
      merge_(merge_below(shape, limit_)),
      latest_ns_(now_ns) {}

bool GrantLog::try_take(double cost, std::uint64_t now_ns, std::span<Grant> ring) noexcept {
  latest_ns_ = latest(now_ns);
  forget_lapsed(latest_ns_, ring);
  const std::uint64_t grains = scale_.grains(cost);
  if (grains == 0) return true;
  // Compared without adding: the cost may be kTooMuch.
  const std::uint64_t used = total_ - lapsed_;
  if (used > limit_ || grains > limit_ - used) return false;
  add(grains, latest_ns_, ring);
  return true;
}

std::uint64_t GrantLog::wait_ns(double cost, std::uint64_t now_ns,
                                std::span<const Grant> ring) const noexcept {
  const std::uint64_t grains = scale_.grains(cost);
  if (grains > limit_) return kNeverNs;
  const std::uint64_t used = total_ - lapsed_;
  if (grains == 0 || used + grains <= limit_) return 0;
  const std::uint64_t excess = used + grains - limit_;
  const std::size_t last = first_index(count_, [&](std::size_t index) {
    return ring[place(index, ring.size())].total - lapsed_ >= excess;
  });
  const std::uint64_t free_ns = ring[place(last, ring.size())].time_ns + shape_.window_ns;
  const bool is_free = static_cast<std::int64_t>(free_ns - latest(now_ns)) <= 0;
  return is_free ? 0 : free_ns - now_ns;
}

double GrantLog::available(std::uint64_t now_ns, std::span<const Grant> ring) const noexcept {
  const std::uint64_t used = used_grains(latest(now_ns), ring);
  return used < limit_ ? scale_.units(limit_ - used) : 0.0;
}

double GrantLog::used(std::uint64_t now_ns, std::span<const Grant> ring) const noexcept {
  return scale_.units(used_grains(latest(now_ns), ring));
}

std::uint64_t GrantLog::time_to_empty_ns(std::uint64_t now_ns,
                                         std::span<const Grant> ring) const noexcept {
  if (count_ == 0) return 0;
  const std::uint64_t free_ns = ring[place(count_ - 1, ring.size())].time_ns + shape_.window_ns;
  return static_cast<std::int64_t>(free_ns - latest(now_ns)) <= 0 ? 0 : free_ns - now_ns;
}

void GrantLog::give_back(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept {
  latest_ns_ = latest(now_ns);
  forget_lapsed(latest_ns_, ring);
  // kTooMuch is everything.
  if (units > 0.0) give_back_oldest(std::min(scale_.grains(units), total_ - lapsed_), ring);
}

void GrantLog::undo(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept {
  latest_ns_ = latest(now_ns);
  forget_lapsed(latest_ns_, ring);
  if (count_ == 0 || !(units > 0.0)) return;
  const std::uint64_t grains = std::min(scale_.grains(units), total_ - lapsed_);
  const std::uint64_t newest = total_ - total_before_newest(ring);
  if (grains > newest) {
    give_back_oldest(grains, ring);
    return;
  }
  total_ -= grains;
  if (grains < newest) {
    ring[place(count_ - 1, ring.size())].total = total_;
    return;
  }
  --count_;
  // The entry before may be joined by size still, by time no longer: its first grant is forgotten.
  first_ns_ = latest_ns_ - shape_.merge_ns;
}

void GrantLog::give_back_oldest(std::uint64_t grains, std::span<const Grant> ring) noexcept {
  lapsed_ += grains;
  while (count_ != 0 && static_cast<std::int64_t>(ring[head_].total - lapsed_) <= 0) {
    drop_oldest(ring);
  }
}

void GrantLog::set_limit(double limit, std::size_t max_grants, std::span<Grant> ring) noexcept {
  const UnitScale scale(limit);
  // Counted from the newest back: should sums be cut off (see convert), the newest are kept.
  for (std::size_t index = 0; index < count_; ++index) {
    Grant& grant = ring[place(index, ring.size())];
    grant.total = 0 - scale_.convert(total_ - grant.total, scale);
  }
  lapsed_ = 0 - scale_.convert(total_ - lapsed_, scale);
  total_ = 0;
  scale_ = scale;
  limit_ = scale.grains(limit);
  shape_.max_grants = max_grants;
  merge_ = merge_below(shape_, limit_);
}

void GrantLog::clear(std::uint64_t now_ns) noexcept {
  latest_ns_ = now_ns;
  lapsed_ = total_;
  head_ = 0;
  count_ = 0;
}

void GrantLog::distrust(std::span<Grant> ring) noexcept {
  first_ns_ = latest_ns_;
  head_ = 0;
  count_ = total_ == lapsed_ ? 0 : 1;
  ring[0] = {latest_ns_, total_};
}

void GrantLog::move_to(std::span<const Grant> from, std::span<Grant> to) noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    to[index] = from[place(index, from.size())];
  }
  head_ = 0;
}

std::uint64_t GrantLog::total_before_newest(std::span<const Grant> ring) const noexcept {
  return count_ > 1 ? ring[place(count_ - 2, ring.size())].total : lapsed_;
}

std::uint64_t GrantLog::used_grains(std::uint64_t at_ns,
                                    std::span<const Grant> ring) const noexcept {
  const std::size_t live = first_index(count_, [&](std::size_t index) {
    return at_ns - ring[place(index, ring.size())].time_ns < shape_.window_ns;
  });
  return total_ - (live == 0 ? lapsed_ : ring[place(live - 1, ring.size())].total);
}

void GrantLog::forget_lapsed(std::uint64_t at_ns, std::span<const Grant> ring) noexcept {
  while (count_ != 0 && at_ns - ring[head_].time_ns >= shape_.window_ns) {
    lapsed_ = ring[head_].total;
    drop_oldest(ring);
  }
}

void GrantLog::drop_oldest(std::span<const Grant> ring) noexcept {
  head_ = place(1, ring.size());
  --count_;
}

void GrantLog::add(std::uint64_t grains, std::uint64_t at_ns, std::span<Grant> ring) noexcept {
  if (count_ != 0) {
    Grant& newest = ring[place(count_ - 1, ring.size())];
    const std::uint64_t together = total_ - total_before_newest(ring) + grains;
    // A full ring, for which there was no memory to grow, is no reason to forget a grant.
    if (newest.time_ns == at_ns || at_ns - first_ns_ < shape_.merge_ns || together <= merge_ ||
        count_ == ring.size()) {
      total_ += grains;
      newest = {at_ns, total_};
      return;
    }
  }
  total_ += grains;
  first_ns_ = at_ns;
  ring[place(count_, ring.size())] = {at_ns, total_};
  ++count_;
}

}  // namespace pacegate
