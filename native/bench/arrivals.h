/// \file
/// What a row of arrival times says about the rate at which they were sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pacegate::bench {

/// Packets in consecutive windows of one length.
struct WindowCounts {
  std::uint64_t windows = 0;
  std::uint64_t p50 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t max = 0;
};

/// Arrival times of packets, in nanoseconds of a monotonic clock. Not thread-safe.
class Arrivals {
 public:
  /// \param expected room for this many is made at once, so that counting does not wait for memory
  explicit Arrivals(std::size_t expected);

  void add(std::uint64_t at_ns) { times_.push_back(at_ns); }
  /// Puts late-comers of another processor's queue in order. Before any of the figures below.
  void sort();

  [[nodiscard]] std::size_t count() const { return times_.size(); }
  [[nodiscard]] std::uint64_t first_ns() const { return times_.empty() ? 0 : times_.front(); }
  [[nodiscard]] std::uint64_t last_ns() const { return times_.empty() ? 0 : times_.back(); }
  /// Packets per second from the first to the last: n packets have n - 1 gaps. 0 below two packets.
  [[nodiscard]] double mean_rate() const;
  /// Packets less than `span_ns` after the first one, the first included.
  [[nodiscard]] std::uint64_t within(std::uint64_t span_ns) const;
  /// Whole windows of `window_ns` from the first packet on, up to `span_ns` or the last packet.
  [[nodiscard]] WindowCounts windows(std::uint64_t window_ns, std::uint64_t span_ns) const;

 private:
  std::vector<std::uint64_t> times_;
};

}  // namespace pacegate::bench
