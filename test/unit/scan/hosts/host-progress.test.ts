import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  floorOf,
  isHostProgress,
  isWithin,
  settledIn,
  type HostField,
} from '../../../../lib/scan/hosts/host-progress.js';

/** Four targets of ten ports. */
const field: HostField = { slice: { first: 0, end: 40 }, ports: 10 };

describe('how far the targets of a scan are', () => {
  it('P6 the first pair that is not settled is the least of all begun targets', () => {
    expect(floorOf([], field)).toBe(0);
    expect(floorOf([0], field)).toBe(0);
    expect(floorOf([2], field)).toBe(20);
    expect(floorOf([4], field)).toBe(40);
    expect(floorOf([3, 2, 4, 0, 7], field)).toBe(7);
    expect(floorOf([3, 2, 4], field)).toBe(24);
    expect(floorOf([0], { ...field, slice: { first: 13, end: 25 } })).toBe(13);
    expect(floorOf([3], { ...field, slice: { first: 13, end: 25 } })).toBe(25);
  });

  it('P6 what is settled is counted, in a shard as far as it belongs to it', () => {
    expect(settledIn([3, 2, 4, 0, 7], field)).toBe(30 - 6 - 3);
    expect(settledIn([3, 2, 4, 1, 3], { ...field, slice: { first: 13, end: 25 } })).toBe(
      12 - 1 - 7,
    );
  });

  it.each([
    [[5], 'more targets than there are'],
    [[2, 2, 0], 'a target that was not begun'],
    [[2, 0, 11], 'more turns than ports'],
    [[2, 1, 3, 1, 4], 'a target twice'],
  ])('%j cannot be: %s', (progress) => {
    expect(isWithin(progress, field)).toBe(false);
  });

  it('is plain numbers, one and then pairs', () => {
    for (const wrong of [undefined, 'x', [1, 2], [-1], [0.5], [1, 'x', 2]]) {
      expect(isHostProgress(wrong)).toBe(false);
    }
    for (const right of [[], [0], [3, 0, 1]]) expect(isHostProgress(right)).toBe(true);
  });

  it('P6 whatever was begun: floor and count fit together', () => {
    const marks = fc.uniqueArray(fc.record({ rank: fc.nat(3), turn: fc.nat(10) }), {
      selector: ({ rank }) => rank,
    });
    fc.assert(
      fc.property(marks, (unended) => {
        const progress = [4, ...unended.flatMap(({ rank, turn }) => [rank, turn])];
        const floor = floorOf(progress, field);
        expect(isWithin(progress, field)).toBe(true);
        expect(settledIn(progress, field)).toBe(
          40 - unended.reduce((left, { turn }) => left + 10 - turn, 0),
        );
        expect(settledIn(progress, field)).toBeGreaterThanOrEqual(
          unended.length === 0 ? 40 : Math.min(floor, 40 - 10 * unended.length),
        );
      }),
    );
  });
});
