#include "bench/arrivals.h"

#include <algorithm>

namespace pacegate::bench {
namespace {

/// The smallest value that `part` of all values do not exceed. `values` is sorted and not empty.
std::uint64_t percentile(const std::vector<std::uint64_t>& values, double part) {
  const auto rank = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5);
  return values[rank];
}

}  // namespace

Arrivals::Arrivals(std::size_t expected) {
  // Written to once, so that the pages are there.
  times_.resize(expected, 1);
  times_.clear();
}

void Arrivals::sort() {
  if (!std::is_sorted(times_.begin(), times_.end())) std::sort(times_.begin(), times_.end());
}

double Arrivals::mean_rate() const {
  if (times_.size() < 2 || last_ns() == first_ns()) return 0;
  const auto gaps = static_cast<double>(times_.size() - 1);
  return gaps * 1e9 / static_cast<double>(last_ns() - first_ns());
}

std::uint64_t Arrivals::within(std::uint64_t span_ns) const {
  const auto end = std::lower_bound(times_.begin(), times_.end(), first_ns() + span_ns);
  return static_cast<std::uint64_t>(end - times_.begin());
}

WindowCounts Arrivals::windows(std::uint64_t window_ns, std::uint64_t span_ns) const {
  const std::uint64_t span = std::min(span_ns, last_ns() - first_ns());
  std::vector<std::uint64_t> counts(span / window_ns, 0);
  if (counts.empty()) return {};
  for (const std::uint64_t time : times_) {
    const std::uint64_t window = (time - first_ns()) / window_ns;
    if (window < counts.size()) ++counts[window];
  }
  std::sort(counts.begin(), counts.end());
  return {counts.size(), percentile(counts, 0.5), percentile(counts, 0.99), counts.back()};
}

}  // namespace pacegate::bench
