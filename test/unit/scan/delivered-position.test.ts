import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveredPosition } from '../../../lib/scan/delivered-position.js';
import { ResultQueue } from '../../../lib/scan/result-queue.js';
import type { ScanResult } from '../../../lib/scan/index.js';

const result = (port: number): ScanResult => ({
  address: '10.0.0.1',
  port,
  protocol: 'tcp',
  state: 'open',
  reason: 'syn-ack',
});

describe('the position that is delivered', () => {
  it('P11 is never ahead of a result whose reader has not come back, and ends where the engine does', async () => {
    // Each position of the engine gives one result, some time after the engine has counted it.
    const step = fc.record({
      counted: fc.nat(5),
      arrived: fc.nat(5),
      reads: fc.nat(8),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, leaves) => {
        const queue = new ResultQueue();
        const delivered = new DeliveredPosition(queue, { position: 0 });
        const iterator = queue.iterator(() => Promise.resolve());
        let [counted, late, pushed, taken] = [0, 0, 0, 0];
        for (const { counted: more, arrived, reads } of steps) {
          // What had been counted at the look before has arrived by this one, and some of the rest may have.
          const arriving = Math.max(late, Math.min(counted, pushed + arrived));
          late = counted;
          queue.push(Array.from({ length: arriving - pushed }, (_, i) => result(pushed + i)));
          pushed = Math.max(pushed, arriving);
          delivered.look({ position: counted }, false);
          counted += more;
          for (let i = 0; i < reads && taken < pushed; i++, taken++) await iterator.next();
          expect(delivered.point.position).toBeLessThanOrEqual(Math.max(taken - 1, 0));
        }
        const before = delivered.point.position;
        if (leaves) await iterator.return?.();
        queue.push(Array.from({ length: counted - pushed }, (_, i) => result(pushed + i)));
        delivered.look({ position: counted }, true);
        queue.end();
        while (!leaves && (await iterator.next()).done !== true) taken += 1;
        expect(delivered.point.position).toBe(leaves ? before : counted);
      }),
    );
  });

  it('waits for the slowest of several readers', async () => {
    const queue = new ResultQueue();
    const delivered = new DeliveredPosition(queue, { position: 10 });
    const [one, other] = [
      queue.iterator(() => Promise.resolve()),
      queue.iterator(() => Promise.resolve()),
    ];
    queue.push([result(1), result(2), result(3)]);
    delivered.look({ position: 13 }, true);
    await one.next();
    await other.next();
    await other.next();
    expect([queue.finished, delivered.point.position]).toEqual([0, 10]);
    void one.next();
    expect(queue.finished).toBe(2);
    void other.next();
    expect([queue.finished, delivered.point.position]).toEqual([3, 13]);
  });

  it('keeps no marks while nobody reads', () => {
    const queue = new ResultQueue();
    const delivered = new DeliveredPosition(queue, { position: 0 });
    for (let i = 1; i < 5; i++) {
      queue.push([result(i)]);
      delivered.look({ position: i }, false);
    }
    expect(delivered.point.position).toBe(0);
  });
});
