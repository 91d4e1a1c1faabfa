/// \file
/// Probes that wait for their answers and stand in no window: those that were put aside and have been
/// sent since, and those of a hostgroup.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hash_index.h"

namespace pacegate {

struct Flight {
  std::uint64_t position = 0;
  std::uint64_t sent_ns = 0;  ///< its last try
  std::uint32_t previous = HashIndex::kNone;
  std::uint32_t next = HashIndex::kNone;
  std::uint32_t mark = 0;  ///< whatever its holder wants to find again
  std::uint16_t tries = 0;
  bool is_probe = false;   ///< the one that decides about its target
  bool is_unsent = false;  ///< the device refused it
};

/// Flights in the order of sending; plain data, to be changed by the table only.
struct FlightList {
  std::uint32_t first = HashIndex::kNone;
  std::uint32_t last = HashIndex::kNone;

  [[nodiscard]] bool empty() const noexcept { return first == HashIndex::kNone; }
};

/// Found by position; each stands in one list of its holder's. One thread's. 50 bytes or so a flight.
class FlightTable {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = HashIndex::kNone;

  Index add(FlightList& list, const Flight& flight);
  /// \param list that it stands in, here and below
  void remove(FlightList& list, Index index) noexcept;
  [[nodiscard]] Index find(std::uint64_t position) const;
  [[nodiscard]] Flight& at(Index index) noexcept { return flights_[index]; }
  [[nodiscard]] const Flight& at(Index index) const noexcept { return flights_[index]; }

  /// It leaves now, and goes to the end of `to`, which may be the same list.
  void sent_again(FlightList& from, FlightList& to, Index index, std::uint64_t now_ns) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

 private:
  static std::uint32_t hash(std::uint64_t position) noexcept;
  void append(FlightList& list, Index index) noexcept;
  void unlink(FlightList& list, Index index) noexcept;

  std::vector<Flight> flights_;
  HashIndex index_;
  Index free_ = kNone;
};

}  // namespace pacegate
