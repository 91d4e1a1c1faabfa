/// \file
/// The thread of a transmit: a template and what varies in it, sent at the pace of its limits.
#pragma once

#include <cstdint>

#include "engine/transmit/frame_outlet.h"
#include "engine/transmit/transmit_control.h"
#include "engine/transmit/transmit_slots.h"
#include "packet/frame_variation.h"

namespace pacegate {

/// Each frame is sent once, or refused once: a device that is busy gets the same frames again.
class TransmitLoop {
 public:
  TransmitLoop(FrameOutlet& outlet, Pacer& pacer, TransmitTally& tally, TransmitControl& control)
      : outlet_(outlet), pacer_(pacer), tally_(tally), control_(control) {}

  /// Sends frames 0 to count - 1 on the calling thread; returns when all have left or been refused,
  /// when stop is asked, or when the device takes nothing any more. Frames that a sender holds when
  /// it is stopped still leave, within the sender's lead.
  /// \param frames without a fault, no larger than a slot
  TransmitPhase run(const packet::FrameVariation& frames, std::uint64_t count);

 private:
  void step(const packet::FrameVariation& frames, std::uint64_t count, std::uint64_t now_ns);
  [[nodiscard]] bool stop_asked() const {
    return control_.stop_asked.load(std::memory_order_acquire);
  }

  FrameOutlet& outlet_;
  Pacer& pacer_;
  TransmitTally& tally_;
  TransmitControl& control_;
  std::uint64_t next_ = 0;  // frame
};

}  // namespace pacegate
