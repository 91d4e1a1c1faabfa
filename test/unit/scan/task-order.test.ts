import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskList } from '../../../lib/scan/engines/task-list.js';
import { TaskOrder } from '../../../lib/scan/engines/task-order.js';
import { normalizeRanges } from '../../../lib/scan/targets/address-range.js';

describe('the order of a connect scan', () => {
  it('P11 is a bijection for every small size, whatever the seed', () => {
    const seed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), seed, (size, value) => {
        const order = new TaskOrder(size, value);
        const seen = new Set(Array.from({ length: size }, (_, i) => order.at(i)));
        expect(seen.size).toBe(size);
        for (const index of seen)
          expect(index >= 0 && index < size && Number.isInteger(index)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('P11 stays in range and free of collisions at 2^53 - 1', () => {
    const order = new TaskOrder(Number.MAX_SAFE_INTEGER, 42);
    const edges = [0, 1, 2, Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER - 1];
    const positions = [...edges, ...Array.from({ length: 20_000 }, (_, i) => i * 450_359_962_731)];
    const values = new Set(positions.map((position) => order.at(position)));
    expect(values.size).toBe(new Set(positions).size);
    for (const value of values) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
  });

  it('depends on the seed, both halves of it', () => {
    const orderOf = (seed: number) => {
      const order = new TaskOrder(1000, seed);
      return Array.from({ length: 1000 }, (_, i) => order.at(i)).join();
    };
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map(orderOf)).size).toBe(seeds.length);
    expect(orderOf(7)).toBe(orderOf(7));
  });

  it('spreads neighbours: consecutive positions rarely fall on one of 256 hosts', () => {
    const order = new TaskOrder(256 * 100, 5);
    const hosts = Array.from({ length: 25_600 }, (_, i) => Math.floor(order.at(i) / 100));
    const repeats = hosts.filter((host, i) => i > 0 && host === hosts[i - 1]).length;
    // By chance 100 are expected (25 600 / 256).
    expect(repeats).toBeLessThan(200);
  });
});

describe('the list of tasks', () => {
  it('holds every pair of every range exactly once', () => {
    const ranges = normalizeRanges([
      { family: 4, first: 0x0a000001n, last: 0x0a000003n },
      { family: 4, first: 0x0a000010n, last: 0x0a000010n },
      { family: 6, first: 1n, last: 2n },
    ]);
    const list = new TaskList(ranges, Uint16Array.of(22, 80));
    const pairs = Array.from({ length: list.size }, (_, i) => list.at(i)).map(
      ({ address, port }) => `${address} ${port}`,
    );
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.16', '::1', '::2'];
    expect(pairs).toEqual(addresses.flatMap((address) => [`${address} 22`, `${address} 80`]));
    expect(() => list.at(12)).toThrow(RangeError);
  });
});
