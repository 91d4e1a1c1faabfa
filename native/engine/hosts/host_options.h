/// \file
/// How many targets a scan has under way at once, and where an earlier run of it stood.
#pragma once

#include <cstdint>
#include <vector>

namespace pacegate {

/// A target that was begun: its rank in the order of targets, and its first turn that is not settled.
struct HostMark {
  std::uint64_t rank = 0;
  std::uint32_t turn = 0;

  friend bool operator==(const HostMark&, const HostMark&) = default;
};

/// What stands between the targets that are finished and those that were not begun.
struct HostProgress {
  std::uint64_t begun = 0;        ///< ranks below it were begun
  std::vector<HostMark> unended;  ///< of those, the ones that are not finished
};

/// A target that says "open" to nearly everything tells nothing: more than `open` of `probed` ports.
struct TarpitOptions {
  std::uint32_t open = 0;
  std::uint32_t probed = 0;    ///< judged from so many probed ports on; 0: not looked for
  bool is_left_alone = false;  ///< its remaining ports are given up
};

struct HostgroupOptions {
  std::uint32_t max = 0;    ///< targets under way at once; 0: no hostgroup
  std::uint32_t min = 1;    ///< with `barrier`: new targets are begun when fewer are under way
  bool is_barrier = false;  ///< in batches; otherwise a place is taken again as soon as it is free
  std::uint64_t host_timeout_ns =
      0;  ///< from a target's first turn on, then it is given up; 0: never
  TarpitOptions tarpit{};
  HostProgress resumed{};  ///< of the run that this one goes on with; empty for a new scan
};

}  // namespace pacegate
