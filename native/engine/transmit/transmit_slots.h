/// \file
/// The live counters of a packet sender: one double each, read by JavaScript from the same memory,
/// without a call. Mirrored in lib/scan/packet-sender/sender-slots.ts.
#pragma once

#include <cstdint>

#include "core/slot_table.h"

namespace pacegate {

/// Of the transmit under way or of the last one.
enum class TransmitPhase : std::uint8_t {
  none,  ///< there has been none
  running,
  complete,  ///< every frame was sent or refused
  stopped,   ///< ended early by stop()
  failed,    ///< the device took nothing any more; see slot fault_errno
};

// A plain enum on purpose: its values are array indices.
enum TransmitSlot : std::uint8_t {
  kTransmitPhase,
  // Since the sender was opened:
  kTransmitSent,      ///< frames the device took
  kTransmitFailed,    ///< frames it refused for good
  kTransmitBusy,      ///< times it had no room (ENOBUFS, EAGAIN)
  kTransmitForgone,   ///< packets given up after a stall longer than the catch-up
  kTransmitStarved,   ///< times the limiter had no token
  kTransmitGapP50Us,  ///< gaps between departures
  kTransmitGapP99Us,
  kTransmitGapMaxUs,
  kTransmitPacedPackets,  ///< packets of transmits that left after the first ones
  kTransmitPacedNs,       ///< the time in which they did
  kTransmitCpuNs,         ///< of the transmitting threads
  kTransmitCurrentRate,   ///< packets per second over the last second
  kTransmitFaultErrno,    ///< why frames were refused, or the device was busy
  // Of the transmit under way, or of the last one:
  kTransmitRunSent,
  kTransmitRunFailed,
  kTransmitRunStartNs,  ///< monotonic
  kTransmitRunEndNs,
  kTransmitRunPacedPackets,
  kTransmitRunPacedNs,
  kTransmitSlotCount = 24,  ///< room to grow without moving anything
};

/// Placed in memory that JavaScript owns; whoever makes a sender keeps that memory alive as long.
/// Written by one thread at a time: the transmitting one while there is one.
using TransmitSlots = SlotTable<kTransmitSlotCount>;

}  // namespace pacegate
