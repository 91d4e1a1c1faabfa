/// \file
/// What a scan probes: address ranges times ports, numbered 0 to size() - 1, both ways.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/ip_address.h"

namespace pacegate {

/// `route` of a range no route leads to.
inline constexpr std::uint32_t kNoRoute = UINT32_MAX;

/// Consecutive addresses of one family that share one route.
struct TargetRange {
  IpAddress first;
  std::uint64_t count = 0;
  std::uint32_t route = kNoRoute;
};

struct Target {
  IpAddress address;
  std::uint16_t port = 0;
  std::uint32_t route = kNoRoute;
};

/// Immutable after construction, hence safe to read from every thread.
class TargetPlan {
 public:
  /// \param ranges sorted by first address (IPv4 before IPv6) and disjoint
  /// \param ports sorted, without duplicates, not empty
  TargetPlan(std::vector<TargetRange> ranges, std::vector<std::uint16_t> ports);

  /// Number of (address, port) pairs; the caller keeps it below 2^53.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Number of ports, hence of pairs a target has; those of target t are t * ports() and what follows.
  [[nodiscard]] std::uint32_t ports() const { return static_cast<std::uint32_t>(ports_.size()); }
  [[nodiscard]] Target at(std::uint64_t index) const;
  /// Absent when the pair is not part of the plan.
  [[nodiscard]] std::optional<std::uint64_t> index_of(const IpAddress& address,
                                                      std::uint16_t port) const;
  [[nodiscard]] const std::vector<TargetRange>& ranges() const { return ranges_; }

 private:
  std::vector<TargetRange> ranges_;
  std::vector<std::uint64_t> range_starts_;  // index of each range's first address
  std::vector<std::uint16_t> ports_;
  std::vector<std::int32_t> port_index_;  // by port; -1: not in the plan
  std::uint64_t size_ = 0;
};

}  // namespace pacegate
