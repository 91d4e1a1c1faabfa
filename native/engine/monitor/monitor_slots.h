/// \file
/// The live counters of an ICMP monitor: one double each, written by its thread and read by
/// JavaScript from the same memory. Mirrored in lib/scan/icmp-monitor/monitor-slots.ts.
#pragma once

#include <cstdint>

#include "core/slot_table.h"

namespace pacegate {

// A plain enum on purpose: its values are array indices.
enum MonitorSlot : std::uint8_t {
  kMonitorReceived,       ///< ICMP errors that could be read
  kMonitorVerified,       ///< … about a probe of this process
  kMonitorForged,         ///< … that claimed to be and had the wrong cookie
  kMonitorUnreadable,     ///< errors that were cut short, or quoted a fragment or nonsense
  kMonitorDropped,        ///< events lost because nobody took the earlier ones
  kMonitorKernelDropped,  ///< packets the receive ring had no room for
  kMonitorQueued,         ///< events that could be taken since the start; written after the event
  kMonitorSlotCount = 8,  ///< room to grow without moving anything
};

/// Placed in memory that JavaScript owns and keeps as long as the monitor.
using MonitorSlots = SlotTable<kMonitorSlotCount>;

}  // namespace pacegate
