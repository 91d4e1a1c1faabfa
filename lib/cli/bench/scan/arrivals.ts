// How many packets had arrived when.

/** Milliseconds of a monotonic clock, and packets until then. */
export type Arrival = readonly [atMs: number, packets: number];

/** What lies before the first and after the last so many of all packets is beginning and end. */
const EDGE = 0.05;
const FEWEST_LOOKS = 10;
const FEWEST_PACKETS = 200;

/**
 * Packets a second, by the line that fits best; beginning and end are left out.
 *
 * @returns undefined where too little arrived to tell
 */
export function arrivalRate(arrivals: readonly Arrival[]): number | undefined {
  const first = arrivals[0]?.[1] ?? 0;
  const total = (arrivals.at(-1)?.[1] ?? 0) - first;
  if (total < FEWEST_PACKETS) return undefined;
  const inside = arrivals.filter(
    ([, packets]) => packets - first > total * EDGE && packets - first < total * (1 - EDGE),
  );
  if (inside.length < FEWEST_LOOKS) return undefined;
  const meanMs = mean(inside.map(([atMs]) => atMs));
  const meanPackets = mean(inside.map(([, packets]) => packets));
  let shared = 0;
  let spread = 0;
  for (const [atMs, packets] of inside) {
    shared += (atMs - meanMs) * (packets - meanPackets);
    spread += (atMs - meanMs) ** 2;
  }
  return (shared / spread) * 1000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Packets received by a device, in the text of /proc/net/dev. */
export function receivedPackets(text: string, device: string): number {
  const line = text.split('\n').find((one) => one.trimStart().startsWith(`${device}:`));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[1] ?? 0);
}
