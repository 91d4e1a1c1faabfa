import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeRanges,
  formatRange,
  intersectRanges,
  normalizeRanges,
  subtractRanges,
  totalSize,
  type AddressRange,
} from '../../../lib/scan/targets/address-range.js';

const isEqual = (a: AddressRange, b: AddressRange): boolean =>
  a.family === b.family && a.first === b.first && a.last === b.last;

// A world of 64 addresses in each family, small enough to be written out as a set.
const range: fc.Arbitrary<AddressRange> = fc
  .tuple(
    fc.constantFrom(4 as const, 6 as const),
    fc.integer({ min: 0, max: 63 }),
    fc.integer({ min: 0, max: 63 }),
  )
  .map(([family, a, b]) => ({
    family,
    first: BigInt(Math.min(a, b)),
    last: BigInt(Math.max(a, b)),
  }));
const ranges = fc.array(range, { maxLength: 12 });

function members(list: readonly AddressRange[]): Set<string> {
  const set = new Set<string>();
  for (const { family, first, last } of list) {
    for (let value = first; value <= last; value++) set.add(`${family}/${value}`);
  }
  return set;
}

function expectNormal(list: readonly AddressRange[]): void {
  expect(normalizeRanges(list)).toEqual(list);
  expect(totalSize(list)).toBe(BigInt(members(list).size));
}

describe('address ranges', () => {
  it('P11 normalised ranges hold what the given ones held, each address once, sorted', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const normal = normalizeRanges(list);
        expectNormal(normal);
        expect(members(normal)).toEqual(members(list));
      }),
    );
  });

  it('P11 subtraction and intersection agree with sets', () => {
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        const [a, b] = [normalizeRanges(left), normalizeRanges(right)];
        const inB = members(b);
        const difference = subtractRanges(a, b);
        const common = intersectRanges(a, b);
        expectNormal(difference);
        // What stays as it is is not copied: a list may have a million of them.
        const copies = difference.filter((range) => !a.includes(range));
        expect(copies.some((range) => a.some((whole) => isEqual(whole, range)))).toBe(false);
        expect(normalizeRanges(common)).toEqual(common);
        expect([...members(difference)]).toEqual(
          [...members(a)].filter((member) => !inB.has(member)),
        );
        expect([...members(common)]).toEqual([...members(a)].filter((member) => inB.has(member)));
      }),
      { numRuns: 500 },
    );
  });

  it('reaches the last address of each family', () => {
    const all: AddressRange[] = [
      { family: 4, first: 0n, last: 0xffff_ffffn },
      { family: 6, first: 0n, last: (1n << 128n) - 1n },
    ];
    const ends: AddressRange[] = all.map(({ family, last }) => ({ family, first: last, last }));
    expect(subtractRanges(all, ends).map(({ last }) => last)).toEqual([
      0xffff_fffen,
      (1n << 128n) - 2n,
    ]);
    expect(all.map(formatRange)).toEqual(['0.0.0.0/0', '::/0']);
    expect(ends.map(formatRange)).toEqual([
      '255.255.255.255',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ]);
  });

  it('packs 33 bytes a range, addresses in network order', () => {
    const bytes = encodeRanges([
      { family: 4, first: 0x0a000001n, last: 0x0a0000ffn },
      { family: 6, first: 1n, last: (0x20010db8n << 96n) | 0xabcdn },
    ]);
    const hex = Buffer.from(bytes).toString('hex');
    expect(hex).toBe(
      `04${'0a000001'.padEnd(32, '0')}${'0a0000ff'.padEnd(32, '0')}` +
        `06${'1'.padStart(32, '0')}20010db8${'abcd'.padStart(24, '0')}`,
    );
  });
});
