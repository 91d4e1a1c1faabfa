#include "engine/deferral/flight_table.h"

namespace pacegate {

/// Positions are the scan's own numbers: nobody outside chooses them (D. E. Knuth, TAOCP vol. 3, 6.4,
/// multiplicative hashing).
std::uint32_t FlightTable::hash(std::uint64_t position) noexcept {
  return static_cast<std::uint32_t>((position * 0x9e3779b97f4a7c15U) >> 32);
}

FlightTable::Index FlightTable::add(const Flight& flight) {
  Index index = free_;
  if (index == kNone) {
    index = static_cast<Index>(flights_.size());
    flights_.emplace_back();
  } else {
    free_ = flights_[index].next;
  }
  flights_[index] = flight;
  append(index);
  index_.insert(hash(flight.position), index);
  return index;
}

void FlightTable::remove(Index index) noexcept {
  unlink(index);
  index_.erase(hash(flights_[index].position), index);
  flights_[index].next = free_;
  free_ = index;
}

FlightTable::Index FlightTable::find(std::uint64_t position) const {
  return index_.find(hash(position),
                     [&](Index index) { return flights_[index].position == position; });
}

void FlightTable::sent_again(Index index, std::uint64_t now_ns) noexcept {
  unlink(index);
  flights_[index].sent_ns = now_ns;
  append(index);
}

void FlightTable::append(Index index) noexcept {
  flights_[index].previous = last_;
  flights_[index].next = kNone;
  (last_ == kNone ? first_ : flights_[last_].next) = index;
  last_ = index;
}

void FlightTable::unlink(Index index) noexcept {
  const Flight& flight = flights_[index];
  (flight.previous == kNone ? first_ : flights_[flight.previous].next) = flight.next;
  (flight.next == kNone ? last_ : flights_[flight.next].previous) = flight.previous;
}

}  // namespace pacegate
