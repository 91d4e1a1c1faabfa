#include "engine/scan/target_plan.h"

#include <algorithm>
#include <utility>

namespace pacegate {

TargetPlan::TargetPlan(std::vector<TargetRange> ranges, std::vector<std::uint16_t> ports)
    : ranges_(std::move(ranges)), ports_(std::move(ports)), port_index_(65536, -1) {
  std::uint64_t addresses = 0;
  range_starts_.reserve(ranges_.size());
  for (const TargetRange& range : ranges_) {
    range_starts_.push_back(addresses);
    addresses += range.count;
  }
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    port_index_[ports_[i]] = static_cast<std::int32_t>(i);
  }
  size_ = addresses * ports_.size();
}

Target TargetPlan::at(std::uint64_t index) const {
  const std::uint64_t address_index = index / ports_.size();
  const auto after = std::upper_bound(range_starts_.begin(), range_starts_.end(), address_index);
  const auto which = static_cast<std::size_t>(after - range_starts_.begin()) - 1;
  const TargetRange& range = ranges_[which];
  return {range.first.plus(address_index - range_starts_[which]), ports_[index % ports_.size()],
          range.route};
}

std::optional<std::uint64_t> TargetPlan::index_of(const IpAddress& address,
                                                  std::uint16_t port) const {
  const std::int32_t port_position = port_index_[port];
  if (port_position < 0) return std::nullopt;
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](const IpAddress& a, const TargetRange& r) { return a < r.first; });
  if (after == ranges_.begin()) return std::nullopt;
  const TargetRange& range = *(after - 1);
  if (range.first.family() != address.family()) return std::nullopt;
  // distance_from() sees 64 bits only; comparing with the range's last address sees them all.
  if (address > range.first.plus(range.count - 1)) return std::nullopt;
  const auto which = static_cast<std::size_t>(after - ranges_.begin()) - 1;
  const std::uint64_t address_index = range_starts_[which] + address.distance_from(range.first);
  return address_index * ports_.size() + static_cast<std::uint64_t>(port_position);
}

}  // namespace pacegate
