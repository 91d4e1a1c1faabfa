/** Whole nanoseconds, to the nearest; negative and NaN count as 0, what exceeds 2^63 as that. */
export function nsFromMs(ms: number): bigint {
  const ns = Math.round(ms * 1e6);
  return ns > 0 ? BigInt(Math.min(ns, 2 ** 63)) : 0n;
}

/** Milliseconds as a number, with their fraction. */
export function msFromNs(ns: bigint): number {
  return Number(ns) / 1e6;
}

/** A time as native code writes it into `scratch`: modulo 2^64, rounded to what a number holds. */
export function wholeNs(nowNs: bigint): number {
  return Number(BigInt.asUintN(64, nowNs));
}
