/// \file
/// MAC addresses of next hops, by IP address.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ip_address.h"
#include "packet/mac_address.h"

namespace pacegate {

/// Open addressing with linear probing, at most half full. One thread's.
class NeighbourTable {
 public:
  /// Absent addresses give nullptr. The pointer holds until the next insert().
  [[nodiscard]] const packet::MacAddress* find(const IpAddress& address) const;
  /// \return false when the address was known already; the first answer is kept
  bool insert(const IpAddress& address, const packet::MacAddress& mac);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    IpAddress address;
    packet::MacAddress mac;
    bool used = false;
  };

  [[nodiscard]] std::size_t slot_of(const IpAddress& address) const;
  void grow();

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace pacegate
