import { describe, expect, test } from 'vitest';
import { AdaptiveThrottle, DisposedError } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

/** Sends whatever the throttle allows for `ms` milliseconds, looking at it every `everyMs` or when it says. */
async function drive(
  throttle: AdaptiveThrottle,
  clock: ManualClock,
  ms: number,
  everyMs = 0,
): Promise<number> {
  const endNs = clock.nowNs() + BigInt(Math.round(ms * 1e6));
  let sent = 0;
  while (clock.nowNs() < endNs) {
    sent += throttle.nextBatch(sent);
    await clock.advance(Math.max(throttle.waitMs(), everyMs, 0.001));
  }
  return sent;
}

describe('AdaptiveThrottle', () => {
  test.each([1, 50, 1_000, 20_000])('P2 holds %d packets a second', async (rate) => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate, clock });
    const seconds = rate === 1 ? 20 : 1;
    const sent = await drive(throttle, clock, seconds * 1_000);
    expect(sent).toBeGreaterThanOrEqual(rate * seconds * 0.99 - 1);
    expect(sent).toBeLessThanOrEqual(rate * seconds + 1);
  });

  test('P2 batches grow from 1, by half a per cent at most, while packets are held back', async () => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate: 100_000, clock });
    expect(throttle.batchSize).toBe(1);
    expect(throttle.nextBatch(0)).toBe(1);
    let sent = 1;
    for (let i = 0; i < 2_500; i++) {
      await clock.advance(1);
      const batch = throttle.nextBatch(sent);
      expect(batch).toBeLessThanOrEqual(throttle.batchSize);
      sent += batch;
    }
    // Once a millisecond means 100 at a time, and 1.005^2500 would be 260 000.
    expect(throttle.batchSize).toBeGreaterThanOrEqual(90);
    expect(throttle.currentRate).toBeGreaterThan(90_000);
    expect(throttle.currentRate).toBeLessThan(110_000);
  });

  test('P2 batches stay within maxBatch', async () => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate: 1e6, maxBatch: 3, clock });
    let sent = 0;
    for (let i = 0; i < 1_000; i++) {
      await clock.advance(1);
      const batch = throttle.nextBatch(sent);
      expect(batch).toBeLessThanOrEqual(3);
      sent += batch;
    }
    expect(throttle.batchSize).toBe(3);
  });

  test('P2 after a pause of more than a second there is no burst', async () => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate: 10_000, clock });
    const sent = await drive(throttle, clock, 500, 1);
    await clock.advance(3_600_000);
    expect(throttle.nextBatch(sent)).toBeLessThanOrEqual(1);
    expect(throttle.batchSize).toBe(1);
    expect(throttle.currentRate).toBe(0);
  });

  test('P2 only packets that were sent are charged', async () => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate: 10, clock });
    expect(throttle.nextBatch(0)).toBe(1);
    expect(throttle.nextBatch(0)).toBe(1);
    expect(throttle.nextBatch(1)).toBe(0);
    expect(throttle.waitMs()).toBe(100);
    await clock.advance(100);
    expect(throttle.waitMs()).toBe(0);
    expect(throttle.nextBatch(1)).toBe(1);
  });

  test('setRate holds from now on', async () => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate: 10, clock });
    throttle.nextBatch(0);
    throttle.nextBatch(1);
    throttle.setRate(100);
    expect(throttle.rate).toBe(100);
    expect(await drive(throttle, clock, 1_000)).toBeGreaterThanOrEqual(95);
  });

  test('P2 says what it did', async () => {
    const clock = new ManualClock();
    const throttle = new AdaptiveThrottle({ rate: 1_000, catchUpMs: 100, clock });
    expect(throttle.nextBatch(0)).toBe(1);
    expect(throttle.nextBatch(1)).toBe(0);
    await clock.advance(500);
    expect(throttle.nextBatch(1)).toBeGreaterThan(0);
    expect(throttle.statistics()).toEqual({
      rate: 1_000,
      currentRate: 2,
      batchSize: 2,
      packets: 1,
      calls: 3,
      batches: 2,
      forgonePackets: 399,
      gaps: 0,
    });
    await clock.advance(5_000);
    throttle.nextBatch(1);
    expect(throttle.statistics().gaps).toBe(1);
  });

  test('on the system clock too', () => {
    using throttle = new AdaptiveThrottle({ rate: 0.001 });
    expect(throttle.nextBatch(0)).toBe(1);
    expect(throttle.nextBatch(1)).toBe(0);
    expect(throttle.waitMs()).toBeGreaterThan(900_000);
  });

  test.each([
    [{ rate: 0 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'rate'],
    [{ rate: -1 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'rate'],
    [{ rate: NaN }, 'ERR_PACEGATE_OUT_OF_RANGE', 'rate'],
    [{ rate: 2e9 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'rate'],
    [{ rate: '5' }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'rate'],
    [{}, 'ERR_PACEGATE_INVALID_ARGUMENT', 'rate'],
    [{ rate: 1, maxBatch: 0 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxBatch'],
    [{ rate: 1, maxBatch: 1.5 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxBatch'],
    [{ rate: 1, maxBatch: null }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'maxBatch'],
    [{ rate: 1, catchUpMs: -1 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'catchUpMs'],
    [{ rate: 1, catchUpMs: 1_001 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'catchUpMs'],
    [{ rate: 1, clock: 5 }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'clock'],
    [{ rate: 1, burst: 5 }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'burst'],
    [undefined, 'ERR_PACEGATE_INVALID_ARGUMENT', 'options'],
  ])('%o is refused', (options, code, part) => {
    const message = expect.stringContaining(part) as string;
    const refused = expect.objectContaining({ code, message }) as Error;
    expect(() => Reflect.construct(AdaptiveThrottle, [options]) as unknown).toThrow(refused);
  });

  test.each([-1, 0.5, NaN, Infinity])('nextBatch(%d) is refused', (packets) => {
    const throttle = new AdaptiveThrottle({ rate: 1 });
    const refused = expect.objectContaining({ code: 'ERR_PACEGATE_OUT_OF_RANGE' }) as Error;
    expect(() => throttle.nextBatch(packets)).toThrow(refused);
    expect(() => {
      throttle.setRate(packets < 0 ? packets : 0);
    }).toThrow(refused);
    expect(throttle.rate).toBe(1);
  });

  test('dispose ends it for good, and may be repeated', () => {
    const throttle = new AdaptiveThrottle({ rate: 1 });
    throttle[Symbol.dispose]();
    throttle[Symbol.dispose]();
    expect(() => throttle.nextBatch(0)).toThrow(DisposedError);
    expect(() => throttle.waitMs()).toThrow(DisposedError);
    expect(() => throttle.currentRate).toThrow(DisposedError);
    expect(() => throttle.batchSize).toThrow(DisposedError);
    expect(() => throttle.statistics()).toThrow(DisposedError);
    expect(() => {
      throttle.setRate(2);
    }).toThrow(DisposedError);
  });
});
