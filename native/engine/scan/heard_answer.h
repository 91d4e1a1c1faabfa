/// \file
/// What a capture thread has heard and the sending thread has to know.
#pragma once

#include <cstdint>

#include "engine/scan/answer.h"

namespace pacegate {

/// A verified answer that is a complaint, or belongs to no probe of the window.
struct HeardAnswer {
  Answer answer;
  std::uint64_t position = 0;
  std::uint64_t at_ns = 0;
  bool is_settled = false;  ///< its finding is reported, or too late: it counts as a complaint only
};

/// "Prohibited", by whatever code: what makes a scan back off (RFC 1812 section 5.2.7.1, RFC 4443
/// section 3.1).
[[nodiscard]] constexpr bool is_complaint(Reason reason) {
  return reason == Reason::net_prohibited || reason == Reason::host_prohibited ||
         reason == Reason::admin_prohibited;
}

}  // namespace pacegate
