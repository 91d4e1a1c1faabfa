// What arrived at the counting end, a millisecond at a time.

/** What pacegate_bench_counter prints for `read`. */
export interface CountedPackets {
  readonly count: number;
  /** Monotonic; 0 when nothing came. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** Packets in each millisecond of the monotonic clock, from that of `firstNs` to that of `lastNs`. */
  readonly perMs: readonly number[];
}

/** Packets a second between two moments after the first packet. */
export function rateBetween({ perMs }: CountedPackets, fromMs: number, toMs: number): number {
  const whole = perMs.slice(fromMs, toMs);
  return whole.length === 0 ? 0 : (sum(whole) / whole.length) * 1000;
}

/** Packets a second from the first to the last: n packets have n - 1 gaps. */
export function meanRate({ count, firstNs, lastNs }: CountedPackets): number {
  return count < 2 ? 0 : ((count - 1) * 1e9) / (lastNs - firstNs);
}

/** The share `q` of all whole windows of `lengthMs` that have no more packets than this. */
export function windowQuantile({ perMs }: CountedPackets, lengthMs: number, q: number): number {
  const windows: number[] = [];
  // The first and the last millisecond are not whole.
  for (let at = 1; at + lengthMs <= perMs.length - 1; at += lengthMs) {
    windows.push(sum(perMs.slice(at, at + lengthMs)));
  }
  windows.sort((a, b) => a - b);
  return windows[Math.min(windows.length - 1, Math.ceil(q * windows.length) - 1)] ?? Number.NaN;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
