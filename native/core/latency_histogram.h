/// \file
/// Percentiles of durations in fixed memory: a log-linear histogram in the manner of HdrHistogram
/// (G. Tene), 32 equal buckets to each power of two.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pacegate {

/// Any 64-bit value; a percentile is too high by at most 1/32 of itself, values below 64 are exact.
/// 15 KB. record() and clear() belong to one thread; reading is safe from any, though a percentile
/// taken meanwhile may lack the latest values.
class LatencyHistogram {
 public:
  void record(std::uint64_t ns) noexcept {
    bump(counts_[bucket_of(ns)]);
    if (ns > max_.load(std::memory_order_relaxed)) max_.store(ns, std::memory_order_relaxed);
  }

  /// The smallest recordable value that at least the share `q` of the records does not exceed.
  /// \param q 0..1, e.g. 0.99; beyond is taken as the nearer end. \return ns; 0 when empty
  [[nodiscard]] std::uint64_t percentile(double q) const noexcept {
    const std::uint64_t total = count();
    if (total == 0) return 0;
    const double wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket].load(std::memory_order_relaxed);
      if (seen != 0 && static_cast<double>(seen) >= wanted) {
        return std::min(highest_in(bucket), max());
      }
    }
    return max();
  }

  /// The largest value recorded, exact.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

  /// How many were recorded. Walks the buckets: about a microsecond.
  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t total = 0;
    for (const auto& bucket : counts_) total += bucket.load(std::memory_order_relaxed);
    return total;
  }

  void clear() noexcept {
    for (auto& bucket : counts_) bucket.store(0, std::memory_order_relaxed);
    max_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr unsigned kSubBits = 5;
  static constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBits;
  // Values below 32 have a bucket each; each of the 59 powers of two above has 32.
  static constexpr std::size_t kBuckets = kSubBuckets * (64 - kSubBits + 1);

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kSubBuckets) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - (kSubBits + 1);
    return shift * kSubBuckets + static_cast<std::size_t>(value >> shift);
  }

  [[nodiscard]] static std::uint64_t highest_in(std::size_t bucket) noexcept {
    if (bucket < kSubBuckets) return bucket;
    const std::size_t shift = bucket / kSubBuckets - 1;
    const std::uint64_t sub = bucket - shift * kSubBuckets;  // 32..63
    return (sub << shift) + ((std::uint64_t{1} << shift) - 1);
  }

  static void bump(std::atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace pacegate
