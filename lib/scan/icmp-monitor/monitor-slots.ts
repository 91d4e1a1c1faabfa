// The live counters of an ICMP monitor: index by index the mirror of native/engine/monitor/monitor_slots.h.

/** Indices into the counters of a native monitor. */
export const MONITOR_SLOT = {
  received: 0,
  verified: 1,
  forged: 2,
  unreadable: 3,
  dropped: 4,
  kernelDropped: 5,
  queued: 6,
} as const;
