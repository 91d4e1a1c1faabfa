import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../lib/testing/index.js';

describe('ManualClock', () => {
  test('stands still until it is moved', async () => {
    const clock = new ManualClock(5n);
    expect(clock.nowNs()).toBe(5n);
    await clock.advance(1.5);
    expect(clock.nowNs()).toBe(1_500_005n);
    await clock.advance(0.000001);
    expect(clock.nowNs()).toBe(1_500_006n);
    expect(new ManualClock().nowNs()).toBe(0n);
  });

  test('wakes sleepers in order, each at its own time', async () => {
    const clock = new ManualClock();
    const woken: string[] = [];
    const sleep = (name: string, ms: number): void => {
      void clock.sleep(ms).then(() => woken.push(`${name}@${String(clock.nowNs() / 1_000_000n)}`));
    };
    sleep('c', 30);
    sleep('a', 10);
    sleep('b1', 20);
    sleep('b2', 20);
    sleep('late', 41);
    expect(clock.sleeping).toBe(5);
    await clock.advance(40);
    expect(woken).toEqual(['a@10', 'b1@20', 'b2@20', 'c@30']);
    expect(clock.nowNs()).toBe(40_000_000n);
    expect(clock.sleeping).toBe(1);
  });

  test('what a sleeper does on waking comes before the next is woken', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const ticker = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        await Promise.resolve().then(() => Promise.resolve());
        log.push(`tick@${String(clock.nowNs() / 1_000_000n)}`);
      }
    };
    void ticker();
    void clock.sleep(15).then(() => log.push('other@15'));
    await clock.advance(100);
    expect(log).toEqual(['tick@10', 'other@15', 'tick@20', 'tick@30']);
  });

  test('sees a sleep that starts in the same turn as advance', async () => {
    const clock = new ManualClock();
    let woken = false;
    const start = async (): Promise<void> => {
      await Promise.resolve();
      await clock.sleep(5);
      woken = true;
    };
    void start();
    await clock.advance(5);
    expect(woken).toBe(true);
  });

  test('sleep(0) needs no clock', async () => {
    const clock = new ManualClock();
    await clock.sleep(0);
    expect(clock.nowNs()).toBe(0n);
  });

  test('a sleep can be aborted, before and meanwhile', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(10, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(clock.sleeping).toBe(0);
    await expect(clock.sleep(10, controller.signal)).rejects.toBe(reason);
    expect(clock.sleeping).toBe(0);
  });

  test.each([-1, NaN, Infinity])('refuses %d ms', async (ms) => {
    const clock = new ManualClock();
    const refused = { code: 'ERR_PACEGATE_OUT_OF_RANGE' };
    await expect(clock.sleep(ms)).rejects.toMatchObject(refused);
    await expect(clock.advance(ms)).rejects.toMatchObject(refused);
  });

  test('refuses a start that is no bigint', () => {
    expect(() => Reflect.construct(ManualClock, [5]) as unknown).toThrow(
      'startNs must be a bigint, not 5',
    );
  });
});
