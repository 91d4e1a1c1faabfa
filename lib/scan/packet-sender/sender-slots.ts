// The live counters of a packet sender: index by index the mirror of native/engine/transmit/transmit_slots.h.

/** Indices into the counters of a native sender; those of a run are of the transmit under way or the last one. */
export const SENDER_SLOT = {
  phase: 0,
  sent: 1,
  failed: 2,
  busy: 3,
  forgone: 4,
  starved: 5,
  gapP50Us: 6,
  gapP99Us: 7,
  gapMaxUs: 8,
  pacedPackets: 9,
  pacedNs: 10,
  cpuNs: 11,
  currentRate: 12,
  faultErrno: 13,
  runSent: 14,
  runFailed: 15,
  runStartNs: 16,
  runEndNs: 17,
  runPacedPackets: 18,
  runPacedNs: 19,
} as const;

/** Values of {@link SENDER_SLOT.phase}. */
export const TRANSMIT_PHASE = { none: 0, running: 1, complete: 2, stopped: 3, failed: 4 } as const;

/** Reads counters by their names. */
export type ReadSlot = (name: keyof typeof SENDER_SLOT) => number;

/** A reader of `slots`. */
export function slotReader(slots: Float64Array): ReadSlot {
  return (name) => slots[SENDER_SLOT[name]] ?? 0;
}
