// Many keys: nanoseconds per call, bytes per key, and whether a flood of keys frees one that is over its limit.
import { keyedContenderCalled } from './all-keyed-contenders.js';
import type { Quota } from './contender.js';
import { addressText, makeKeys } from './keyed-contender.js';
import { Stopwatch, type Timing } from './timing.js';

export interface KeyedOptions {
  readonly keys: number;
  readonly roundMs: number;
}

const DAY_MS = 86_400_000;
/** Not exhausted within a run; a unit comes back so late that no key can be forgotten before its end. */
const plentyFor = (keys: number): Quota =>
  keys >= 100_000 ? { limit: 1000, windowMs: DAY_MS } : { limit: 1_000_000, windowMs: 20 * DAY_MS };
const FLOODED: Quota = { limit: 10, windowMs: 60_000 };
/** More than the default of @fastify/rate-limit, which is also what pacegate is given here. */
const FLOOD_CAPACITY = 5000;
const FLOOD_KEYS = 5100;
const FLOOD_ROUNDS = 30;
const CHUNK = 65_536;

/** All keys ask in turn, again and again. */
export async function openKeyed(name: string, options: object): Promise<() => Promise<Timing>> {
  const { keys: count, roundMs } = options as KeyedOptions;
  const contender = keyedContenderCalled(name);
  const subject = contender.open(plentyFor(count), makeKeys(count, contender.keys), count);
  const chunk = Math.min(CHUNK, count);
  let from = 0;
  const batch = {
    calls: chunk,
    run: () => {
      if (from + chunk > count) from = 0;
      const start = from;
      from += chunk;
      return subject.pass(start, start + chunk);
    },
  };
  for (let filled = 0; filled < count; filled += chunk) await batch.run();
  const stopwatch = new Stopwatch(batch);
  await stopwatch.warmUp(roundMs);
  return async () => {
    const timing = await stopwatch.time(roundMs);
    if (timing.allowed !== timing.calls)
      throw new Error(`${timing.calls - timing.allowed} of ${timing.calls} calls were denied`);
    return timing;
  };
}

export interface Memory {
  readonly bytesPerKey: number;
  /** Growth of the whole process, as a check of what a limiter says of itself. */
  readonly residentPerKey: number;
}

/** What `keys` keys occupy; their texts are made for each call, as they are when a request comes in. */
export function openMemory(name: string, options: object): () => Promise<Memory> {
  const { keys: count } = options as KeyedOptions;
  const contender = keyedContenderCalled(name);
  return async () => {
    const { numbers } = makeKeys(count, 'number');
    globalThis.gc?.();
    const before = process.memoryUsage();
    const subject = contender.open(plentyFor(count), { numbers, texts: [] }, count);
    for (const number of numbers)
      await subject.attempt(contender.keys === 'number' ? number : addressText(number));
    globalThis.gc?.();
    const after = process.memoryUsage();
    return {
      bytesPerKey: (subject.bytes?.() ?? after.heapUsed - before.heapUsed) / count,
      residentPerKey: (after.rss - before.rss) / count,
    };
  };
}

/** One key that asks once in each round among thousands of others: how often it is allowed; 10 is right. */
export function openFlood(name: string): () => Promise<number> {
  const contender = keyedContenderCalled(name);
  const subject = contender.open(
    FLOODED,
    { numbers: new Uint32Array(), texts: [] },
    FLOOD_CAPACITY,
  );
  const { numbers } = makeKeys(FLOOD_KEYS + 1, 'number');
  const keys = contender.keys === 'number' ? [...numbers] : Array.from(numbers, addressText);
  const [attacker = 0, ...others] = keys;
  return async () => {
    let admitted = 0;
    for (let round = 0; round < FLOOD_ROUNDS; round += 1) {
      if (await subject.attempt(attacker)) admitted += 1;
      for (const key of others) await subject.attempt(key);
    }
    return admitted;
  };
}
