/// \file
/// From the prefixes of a routing table to the addresses at which a route may begin or end.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/ip_address.h"

namespace pacegate::platform {

/// See route_boundaries().
class PrefixBoundaries {
 public:
  PrefixBoundaries(const IpAddress& first, const IpAddress& last) : first_(first), last_(last) {}

  /// \param address of the same family as `first`
  void add_prefix(const IpAddress& address, unsigned prefix_bits) {
    const IpAddress after = fill_host_bits(address, prefix_bits, true).plus(1);
    add(fill_host_bits(address, prefix_bits, false));
    add(after);  // wraps to zero behind the last prefix, and zero is never a boundary
  }

  /// Sorted, without duplicates. Once.
  [[nodiscard]] std::vector<IpAddress> finish() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  /// The address with all bits behind the prefix set to `bit`.
  static IpAddress fill_host_bits(const IpAddress& address, unsigned prefix_bits, bool bit) {
    std::array<std::uint8_t, 16> bytes = address.key();
    for (unsigned i = 0; i < address.size(); ++i) {
      const unsigned kept = std::clamp(prefix_bits, 8 * i, 8 * i + 8) - 8 * i;
      const auto host_mask = static_cast<std::uint8_t>(0xff >> kept);
      bytes[i] = static_cast<std::uint8_t>(bit ? bytes[i] | host_mask : bytes[i] & ~host_mask);
    }
    return IpAddress::from_bytes({bytes.data(), address.size()});
  }

  void add(const IpAddress& boundary) {
    if (first_ < boundary && boundary <= last_) found_.push_back(boundary);
  }

  IpAddress first_;
  IpAddress last_;
  std::vector<IpAddress> found_;
};

}  // namespace pacegate::platform
