/// \file
/// The live counters of a scan: one double each, written by the engine's threads and read by
/// JavaScript from the same memory, without a call. Mirrored in lib/scan/scan-slots.ts.
#pragma once

#include <cstdint>

#include "core/slot_table.h"

namespace pacegate {

enum class ScanPhase : std::uint8_t {
  created,
  resolving,  ///< asking for the MAC addresses of next hops
  sending,
  draining,  ///< every probe has been sent once; retries and late answers remain
  done,
  stopped,  ///< ended early by stop()
  failed,   ///< the device refused for good; see slot fault_errno
};

// A plain enum on purpose: its values are array indices.
enum ScanSlot : std::uint8_t {
  kSlotPhase,
  kSlotPositions,       ///< (target, port) pairs of the plan
  kSlotStarted,         ///< pairs probed at least once, or parked
  kSlotSettled,         ///< pairs whose result is final
  kSlotSent,            ///< packets the kernel accepted, neighbour requests and retries included
  kSlotSendFailed,      ///< packets it refused for good
  kSlotSendBusy,        ///< times it had no room (ENOBUFS, EAGAIN)
  kSlotReceived,        ///< packets that passed the kernel's filter
  kSlotReceiveDropped,  ///< packets the receive ring had no room for
  kSlotInvalid,         ///< answers whose cookie was wrong
  kSlotDuplicates,      ///< further answers from a pair that had answered
  kSlotOpen,
  kSlotClosed,
  kSlotFiltered,
  kSlotNoResponse,       ///< part of filtered
  kSlotIcmpUnreachable,  ///< verified ICMP errors
  kSlotTargetRate,       ///< packets per second asked
  kSlotCurrentRate,      ///< packets per second over the last second
  kSlotForgone,          ///< packets given up after a stall longer than the catch-up
  kSlotDepartureP50Us,   ///< gap between batches
  kSlotDepartureP99Us,
  kSlotDepartureMaxUs,
  kSlotSendCpuNs,
  kSlotCaptureCpuNs,
  kSlotFirstSendNs,  ///< monotonic
  kSlotLastSendNs,
  kSlotLate,              ///< answers after the pair was settled
  kSlotSilentNeighbours,  ///< hosts on the link that did not answer ARP or NDP
  kSlotBacklog,           ///< records waiting to be drained
  kSlotResumePosition,    ///< every position before it is settled
  kSlotSmoothedRttUs,
  kSlotUnknown,
  kSlotFaultErrno,
  kSlotPacedPackets,      ///< probes sent while only the rate kept new pairs waiting
  kSlotPacedNs,           ///< from the first of them to the last, pauses left out
  kSlotBackedOffTargets,  ///< addresses and networks left alone now
  kSlotParked,            ///< pairs that wait for their target or for a cap
  kSlotAllBackedOff,      ///< 1: nothing could be sent since, for all that is left was backed off
  kSlotLaneFull,          ///< times there was no room to park more, and new pairs had to wait
  kSlotGivenUp,           ///< part of unknown: backed off for longer than the limit
  kSlotActivePackets,     ///< probes sent while new or parked pairs were waiting
  kSlotActiveNs,          ///< from the first of them to the last, pauses left out
  kSlotActiveHosts,       ///< targets of the hostgroup that are under way
  kSlotHostTimeouts,      ///< targets that took too long
  kSlotTarpits,           ///< targets that answer for every port
  kSlotRateBound,         ///< RateBound: what keeps an automatic rate where it is
  kSlotLosslessRate,      ///< highest rate without loss; 0 before there is one
  kSlotLossyRate,         ///< lowest rate with loss; 0 before there is one
  kSlotCanaries,          ///< probes to known responders, their fate known
  kSlotCanariesLost,      ///< of these, without an answer
  kSlotRateChanges,       ///< times the automatic rate became another
  kSlotRecordedSent,      ///< frames in the capture file
  kSlotRecordedReceived,
  kSlotRecordDropped,   ///< frames that are missing from it
  kSlotRecordBytes,     ///< written to it by this scan
  kSlotRecordErrno,     ///< why no more is written to it; 0: it is
  kSlotLimiterWaits,    ///< times packets were due and the limiter had no token
  kScanSlotCount = 64,  ///< room to grow without moving anything
};

/// Placed in memory that JavaScript owns; whoever makes a scan keeps that memory alive as long as
/// the scan.
using ScanSlots = SlotTable<kScanSlotCount>;

}  // namespace pacegate
