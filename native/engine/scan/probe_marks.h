/// \file
/// Where the time of sending of a probe is kept: in the window, or in the lane of those that had to
/// wait.
#pragma once

#include <cstdint>

#include "engine/deferral/deferred_lane.h"
#include "engine/scan/probe_window.h"

namespace pacegate {

/// A position (below 2^63), and which of the two knows it.
class ProbeId {
 public:
  ProbeId() = default;
  ProbeId(std::uint64_t position, bool is_deferred)
      : word_((position << 1) | (is_deferred ? 1U : 0U)) {}

  [[nodiscard]] std::uint64_t position() const { return word_ >> 1; }
  [[nodiscard]] bool is_deferred() const { return (word_ & 1U) != 0; }

 private:
  std::uint64_t word_ = 0;
};

/// The sending thread's.
class ProbeMarks {
 public:
  ProbeMarks(ProbeWindow& window, DeferredLane& lane) : window_(window), lane_(lane) {}

  /// It leaves at another time than it was chosen for.
  void sent(ProbeId probe, std::uint64_t now_ns) {
    if (probe.is_deferred()) {
      lane_.sent_again(probe.position(), now_ns);
    } else {
      window_.mark_sent(probe.position(), now_ns);
    }
  }
  /// The device refused it.
  void unsent(ProbeId probe) {
    if (probe.is_deferred()) {
      lane_.unsent(probe.position());
    } else {
      window_.mark_unsent(probe.position());
    }
  }

 private:
  ProbeWindow& window_;
  DeferredLane& lane_;
};

}  // namespace pacegate
