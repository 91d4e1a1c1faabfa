/// \file
/// How many tokens a number of ticks is. A price is rounded down to a tick, and so a few ticks less
/// than n exact prices may do for n tokens: what is shown has to agree with what can be taken.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace pacegate {

/// How many whole tokens can be taken at once where `room` ticks are left.
/// \param ticks_per_token at least 1
[[nodiscard]] inline std::uint64_t whole_tokens(Ticks room, double ticks_per_token) noexcept {
  const auto price_for = [ticks_per_token](std::uint64_t tokens) {
    return static_cast<Ticks>(static_cast<double>(tokens) * ticks_per_token);
  };
  // The quotient may be one off either way.
  auto count = static_cast<std::uint64_t>(static_cast<double>(room) / ticks_per_token);
  if (price_for(count + 1) <= room) ++count;
  if (count != 0 && price_for(count) > room) --count;
  return count;
}

/// How many tokens `room` ticks are, with their fraction; at least whole_tokens().
[[nodiscard]] inline double tokens_in(Ticks room, double ticks_per_token) noexcept {
  // Lifted by 2^-50 of itself, so that rounding never shows 4.999... where five tokens can be
  // taken; nor does a price that is rounded down.
  constexpr double kLift = 1.0 + 1.0 / 1125899906842624.0;
  const double tokens = static_cast<double>(room) * kLift / ticks_per_token;
  return std::max(tokens, static_cast<double>(whole_tokens(room, ticks_per_token)));
}

}  // namespace pacegate
