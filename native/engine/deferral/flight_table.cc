#include "engine/deferral/flight_table.h"

namespace pacegate {

/// Positions are the scan's own numbers: nobody outside chooses them (D. E. Knuth, TAOCP vol. 3, 6.4,
/// multiplicative hashing).
std::uint32_t FlightTable::hash(std::uint64_t position) noexcept {
  return static_cast<std::uint32_t>((position * 0x9e3779b97f4a7c15U) >> 32);
}

FlightTable::Index FlightTable::add(FlightList& list, const Flight& flight) {
  Index index = free_;
  if (index == kNone) {
    index = static_cast<Index>(flights_.size());
    flights_.emplace_back();
  } else {
    free_ = flights_[index].next;
  }
  flights_[index] = flight;
  append(list, index);
  index_.insert(hash(flight.position), index);
  return index;
}

void FlightTable::remove(FlightList& list, Index index) noexcept {
  unlink(list, index);
  index_.erase(hash(flights_[index].position), index);
  flights_[index].next = free_;
  free_ = index;
}

FlightTable::Index FlightTable::find(std::uint64_t position) const {
  return index_.find(hash(position),
                     [&](Index index) { return flights_[index].position == position; });
}

void FlightTable::sent_again(FlightList& from, FlightList& to, Index index,
                             std::uint64_t now_ns) noexcept {
  unlink(from, index);
  flights_[index].sent_ns = now_ns;
  append(to, index);
}

void FlightTable::append(FlightList& list, Index index) noexcept {
  flights_[index].previous = list.last;
  flights_[index].next = kNone;
  (list.empty() ? list.first : flights_[list.last].next) = index;
  list.last = index;
}

void FlightTable::unlink(FlightList& list, Index index) noexcept {
  const Flight& flight = flights_[index];
  (flight.previous == kNone ? list.first : flights_[flight.previous].next) = flight.next;
  (flight.next == kNone ? list.last : flights_[flight.next].previous) = flight.previous;
}

}  // namespace pacegate
