// The live counters of a native scan: index by index the mirror of native/engine/scan/scan_slots.h.

/** Indices into the counters of a native scan. */
export const SCAN_SLOT = {
  phase: 0,
  positions: 1,
  started: 2,
  settled: 3,
  sent: 4,
  sendFailed: 5,
  sendBusy: 6,
  received: 7,
  receiveDropped: 8,
  invalid: 9,
  duplicates: 10,
  open: 11,
  closed: 12,
  filtered: 13,
  noResponse: 14,
  icmpUnreachable: 15,
  targetRate: 16,
  currentRate: 17,
  forgone: 18,
  departureP50Us: 19,
  departureP99Us: 20,
  departureMaxUs: 21,
  sendCpuNs: 22,
  captureCpuNs: 23,
  firstSendNs: 24,
  lastSendNs: 25,
  late: 26,
  silentNeighbours: 27,
  backlog: 28,
  resumePosition: 29,
  smoothedRttUs: 30,
  unknown: 31,
  faultErrno: 32,
  pacedPackets: 33,
  pacedNs: 34,
} as const;

/** Length of the table: room to grow without moving anything. */
export const SCAN_SLOT_COUNT = 40;
