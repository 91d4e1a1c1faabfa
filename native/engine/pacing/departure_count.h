/// \file
/// Counting what a sender with a lead has transmitted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "platform/packet_sender.h"

namespace pacegate {

/// Adds to the counts of frames sent and refused. A refusal may be of a frame that was counted as sent
/// before, and is taken back then; never more of them than there were (where a device's own counter of
/// drops is all there is, those of other programs show in it).
/// \return refusals that count
template <typename Slots>
std::uint64_t count_departures(Slots& slots, std::size_t sent, std::size_t failed,
                               const platform::Departures& departures) noexcept {
  const double told = slots.get(sent) + static_cast<double>(departures.left);
  const double refused = std::min(static_cast<double>(departures.refused), told);
  slots.set(sent, told - refused);
  slots.add(failed, refused);
  return static_cast<std::uint64_t>(refused);
}

}  // namespace pacegate
