/// \file
/// What a HostGroup keeps with each probe in flight.
#pragma once

#include <cstdint>

#include "engine/deferral/flight_table.h"
#include "engine/hosts/port_floor.h"

namespace pacegate {

/// The place of its target, and the generation of the PortFloor.
[[nodiscard]] inline std::uint32_t mark_of(std::uint32_t place, PortFloor::Generation generation) {
  return (place << 1) | generation;
}
[[nodiscard]] inline std::uint32_t place_of(const Flight& flight) {
  return flight.mark >> 1;
}
[[nodiscard]] inline PortFloor::Generation generation_of(const Flight& flight) {
  return flight.mark & 1U;
}

[[nodiscard]] inline bool has_timed_out(std::uint64_t sent_ns, std::uint64_t timeout_ns,
                                        std::uint64_t heard_ns) {
  return heard_ns >= sent_ns && heard_ns - sent_ns >= timeout_ns;
}

}  // namespace pacegate
