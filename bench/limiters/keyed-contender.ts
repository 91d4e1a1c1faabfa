// What a limiter for many keys has to offer to take part.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Quota } from './contender.js';

export type Key = string | number;

/** Keys in the order in which they ask: distinct, random. */
export interface Keys {
  readonly numbers: Uint32Array;
  /** The same as text, as addresses come: '203.0.113.7'. Empty for contenders that take numbers. */
  readonly texts: readonly string[];
}

/** One limiter with a quota per key. */
export interface KeyedSubject {
  /** Its natural use, once for each key from `from` to `to`; returns how many were allowed. */
  pass(from: number, to: number): number | Promise<number>;
  /** One call. */
  attempt(key: Key): boolean | Promise<boolean>;
  /** What it says it occupies; undefined: it does not say, so the heap is looked at. */
  bytes?(): number;
}

export interface KeyedContender {
  readonly name: string;
  readonly peer?: string;
  readonly use: string;
  readonly keys: 'number' | 'text';
  /** @param capacity - the most keys it should remember, where that can be said */
  open(quota: Quota, keys: Keys, capacity: number): KeyedSubject;
}

export function numberSubject(attempt: (key: number) => boolean, keys: Keys): KeyedSubject {
  const { numbers } = keys;
  return {
    attempt: (key) => attempt(Number(key)),
    pass(from, to) {
      let allowed = 0;
      for (let at = from; at < to; at += 1) if (attempt(numbers[at] ?? 0)) allowed += 1;
      return allowed;
    },
  };
}

export function textSubject(attempt: (key: string) => boolean, keys: Keys): KeyedSubject {
  const { texts } = keys;
  return {
    attempt: (key) => attempt(String(key)),
    pass(from, to) {
      let allowed = 0;
      for (let at = from; at < to; at += 1) if (attempt(texts[at] ?? '')) allowed += 1;
      return allowed;
    },
  };
}

/** Awaits each call; a rejection that is no Error is a refusal. The event loop gets a turn every 1000 calls. */
export function awaitedSubject<Answer>(
  call: (key: Key) => Promise<Answer>,
  isAllowed: (answer: Answer) => boolean,
  keys: ArrayLike<Key>,
): KeyedSubject {
  return {
    async attempt(key) {
      try {
        return isAllowed(await call(key));
      } catch (reason) {
        if (reason instanceof Error) throw reason;
        return false;
      }
    },
    async pass(from, to) {
      let allowed = 0;
      for (let at = from; at < to; at += 1) {
        try {
          if (isAllowed(await call(keys[at] ?? 0))) allowed += 1;
        } catch (reason) {
          if (reason instanceof Error) throw reason;
        }
        if (at % 1000 === 0) await nextTurn();
      }
      return allowed;
    },
  };
}

/** Distinct numbers in random order: multiplication by an odd number, then a rotation, are bijections. */
export function makeKeys(count: number, kind: 'number' | 'text'): Keys {
  const numbers = Uint32Array.from({ length: count }, (_, index) => scatter(index));
  return { numbers, texts: kind === 'text' ? Array.from(numbers, addressText) : [] };
}

function scatter(index: number): number {
  let value = Math.imul(index + 1, 0x9e3779b1);
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  return value >>> 0;
}

export const addressText = (address: number): string =>
  [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
