/// \file
/// Probes that were put aside, have been sent since, and wait for their answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hash_index.h"
#include "engine/deferral/resume_floor.h"

namespace pacegate {

struct Flight {
  std::uint64_t position = 0;
  std::uint64_t sent_ns = 0;  ///< its last try
  std::uint32_t previous = HashIndex::kNone;
  std::uint32_t next = HashIndex::kNone;
  ResumeFloor::Mark mark = 0;
  std::uint16_t tries = 0;
  bool is_probe = false;   ///< the one that decides about its target
  bool is_unsent = false;  ///< the device refused it
};

/// Found by position and in the order of sending. One thread's. 50 bytes or so a flight.
class FlightTable {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = HashIndex::kNone;

  Index add(const Flight& flight);
  void remove(Index index) noexcept;
  [[nodiscard]] Index find(std::uint64_t position) const;
  [[nodiscard]] Flight& at(Index index) noexcept { return flights_[index]; }

  /// It leaves only now.
  void sent_again(Index index, std::uint64_t now_ns) noexcept;

  /// The one sent first; kNone when there is none.
  [[nodiscard]] Index oldest() const noexcept { return first_; }
  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

 private:
  static std::uint32_t hash(std::uint64_t position) noexcept;
  void append(Index index) noexcept;
  void unlink(Index index) noexcept;

  std::vector<Flight> flights_;
  HashIndex index_;
  Index first_ = kNone;
  Index last_ = kNone;
  Index free_ = kNone;
};

}  // namespace pacegate
