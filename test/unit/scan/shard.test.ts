import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../../lib/scan/shard.js';

describe('shards', () => {
  it('P11 are disjoint, leave nothing out, and differ by one at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 200 }),
        (positions, count) => {
          const slices = Array.from({ length: count }, (_, index) =>
            sliceOf(positions, { index, count }),
          );
          const sizes = slices.map(({ first, end }) => end - first);
          expect(slices[0]?.first).toBe(0);
          expect(slices.at(-1)?.end).toBe(positions);
          slices.slice(1).forEach(({ first }, i) => {
            expect(first).toBe(slices[i]?.end);
          });
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('without a shard a scan has it all', () => {
    expect(sliceOf(77, undefined)).toEqual({ first: 0, end: 77 });
  });
});
