import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePorts } from '../../../lib/scan/ports.js';

describe('parsePorts', () => {
  it.each<[string | number[], number[]]>([
    ['80', [80]],
    ['443,80', [80, 443]],
    ['80, 443 ,80', [80, 443]],
    ['1000-1003', [1000, 1001, 1002, 1003]],
    ['-3', [1, 2, 3]],
    ['65534-', [65534, 65535]],
    ['0', [0]],
    ['0-1', [0, 1]],
    ['5-7,6-9,8', [5, 6, 7, 8, 9]],
    [
      [22, 80, 22],
      [22, 80],
    ],
  ])('P7 reads %j', (text, ports) => {
    expect([...parsePorts(text)]).toEqual(ports);
  });

  it("P7 reads '-' as 1 to 65535", () => {
    const ports = parsePorts('-');
    expect([ports.length, ports[0], ports.at(-1)]).toEqual([65_535, 1, 65_535]);
  });

  it.each<[unknown, string, string]>([
    ['70000', 'ERR_PACEGATE_OUT_OF_RANGE', '"70000"'],
    ['80,99999-', 'ERR_PACEGATE_OUT_OF_RANGE', '"99999-"'],
    ['22,80-70', 'ERR_PACEGATE_OUT_OF_RANGE', '"80-70"'],
    ['80,a', 'ERR_PACEGATE_INVALID_ARGUMENT', '"a"'],
    ['', 'ERR_PACEGATE_INVALID_ARGUMENT', '""'],
    ['80,,443', 'ERR_PACEGATE_INVALID_ARGUMENT', '"80,,443"'],
    ['1-2-3', 'ERR_PACEGATE_INVALID_ARGUMENT', '"1-2-3"'],
    ['0x50', 'ERR_PACEGATE_INVALID_ARGUMENT', '"0x50"'],
    [[], 'ERR_PACEGATE_INVALID_ARGUMENT', 'at least one'],
    [[80, 65536], 'ERR_PACEGATE_OUT_OF_RANGE', '65536'],
    [[-1], 'ERR_PACEGATE_OUT_OF_RANGE', '-1'],
    [[8.5], 'ERR_PACEGATE_OUT_OF_RANGE', '8.5'],
    [[Number.NaN], 'ERR_PACEGATE_OUT_OF_RANGE', 'NaN'],
    [['80'], 'ERR_PACEGATE_INVALID_ARGUMENT', '"80"'],
    [80, 'ERR_PACEGATE_INVALID_ARGUMENT', '80'],
    [undefined, 'ERR_PACEGATE_INVALID_ARGUMENT', 'undefined'],
  ])('refuses %j with %s and names it', (ports, code, named) => {
    const read = () => parsePorts(ports as string);
    expect(read).toThrow(expect.objectContaining({ code }));
    expect(read).toThrow(named);
  });

  it('reads any list of ranges as the set of their ports', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    const range = fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
        const set = new Set<number>();
        for (const [low, high] of ranges) for (let p = low; p <= high; p++) set.add(p);
        const text = ranges.map(([low, high]) => `${low}-${high}`).join(',');
        expect([...parsePorts(text)]).toEqual([...set].sort((a, b) => a - b));
      }),
      { numRuns: 30 },
    );
  });
});
