/// \file
/// Where the time of sending of a probe is kept: in the window, in the lane of those that had to wait,
/// or in the hostgroup.
#pragma once

#include <cstdint>

#include "engine/deferral/deferred_lane.h"
#include "engine/hosts/host_group.h"
#include "engine/scan/probe_window.h"

namespace pacegate {

/// A position (below 2^62), and whether the window knows it.
class ProbeId {
 public:
  ProbeId() = default;
  ProbeId(std::uint64_t position, bool is_deferred)
      : word_((position << 1) | (is_deferred ? 1U : 0U)) {}

  /// One that belongs to no position: nobody waits for it here.
  [[nodiscard]] static ProbeId canary() {
    ProbeId id;
    id.word_ = UINT64_MAX;
    return id;
  }
  [[nodiscard]] bool is_canary() const { return word_ == UINT64_MAX; }

  [[nodiscard]] std::uint64_t position() const { return word_ >> 1; }
  [[nodiscard]] bool is_deferred() const { return (word_ & 1U) != 0; }

 private:
  std::uint64_t word_ = 0;
};

/// The sending thread's.
class ProbeMarks {
 public:
  /// \param group nullptr: none; otherwise all that is deferred is the group's
  ProbeMarks(ProbeWindow& window, DeferredLane& lane, HostGroup* group)
      : window_(window), lane_(lane), group_(group) {}

  /// It leaves at another time than it was chosen for.
  void sent(ProbeId probe, std::uint64_t now_ns) {
    if (probe.is_canary()) return;
    if (!probe.is_deferred()) {
      window_.mark_sent(probe.position(), now_ns);
    } else if (group_ == nullptr) {
      lane_.sent_again(probe.position(), now_ns);
    } else {
      group_->sent_again(probe.position(), now_ns);
    }
  }
  /// The device refused it.
  void unsent(ProbeId probe) {
    if (probe.is_canary()) return;
    if (!probe.is_deferred()) {
      window_.mark_unsent(probe.position());
    } else if (group_ == nullptr) {
      lane_.unsent(probe.position());
    } else {
      group_->unsent(probe.position());
    }
  }

 private:
  ProbeWindow& window_;
  DeferredLane& lane_;
  HostGroup* group_;
};

}  // namespace pacegate
