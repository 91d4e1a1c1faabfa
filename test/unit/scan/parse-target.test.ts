import { describe, expect, it } from 'vitest';
import { formatRange } from '../../../lib/scan/targets/address-range.js';
import { parseTarget, splitTargets } from '../../../lib/scan/targets/parse-target.js';

function rangesOf(text: string): string[] {
  const target = parseTarget(text);
  return target.kind === 'ranges' ? target.ranges.map(formatRange) : [`name ${target.name}`];
}

describe('targets', () => {
  it.each([
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.77/24', ['10.0.0.0/24']],
    ['10.0.0.1/32', ['10.0.0.1']],
    ['0.0.0.0/0', ['0.0.0.0/0']],
    ['10.0.0.1-10.0.0.5', ['10.0.0.1-10.0.0.5']],
    ['10.0.0.1-5', ['10.0.0.1-10.0.0.5']],
    ['10.0.1-2.0-255', ['10.0.1.0-10.0.2.255']],
    ['10.0.*.1-2', Array.from({ length: 256 }, (_, i) => `10.0.${i}.1-10.0.${i}.2`)],
    ['10.0.*.*', ['10.0.0.0/16']],
    ['10.0-1.1.7', ['10.0.1.7', '10.1.1.7']],
    ['*.*.*.*', ['0.0.0.0/0']],
    ['::1', ['::1']],
    ['[::1]', ['::1']],
    ['[2001:db8::5]/126', ['2001:db8::4/126']],
    ['2001:db8::/64', ['2001:db8::/64']],
    ['2001:db8::1-2001:db8::ff', ['2001:db8::1-2001:db8::ff']],
    ['Example.COM', ['name example.com']],
    ['localhost', ['name localhost']],
    ['host_1.example.', ['name host_1.example.']],
    ['web-01.example', ['name web-01.example']],
    ['bücher.example', ['name xn--bcher-kva.example']],
  ])('P11 reads %s', (text, ranges) => {
    expect(rangesOf(text)).toEqual(ranges);
  });

  it.each([
    ['10.0.0.0/33', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['::/129', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['10.0.0.0/-1', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['10.0.0.0/', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['10.0.0.0/255.255.255.0', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['example.com/24', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['10.0.0.9-10.0.0.1', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['10.0.0.9-1', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['10.0.0.1-256', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['10.0.0.1-::2', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['1-254.1-254.1-254.1-254', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['10.0.0.256', 'ERR_PACEGATE_OUT_OF_RANGE'],
    ['010.0.0.1', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['0x7f.1', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['0x7f000001', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['127.1', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['2130706433', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['１２７.０.０.１', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['[10.0.0.1]', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['[::1', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['-example.com', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['a..b', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['a b', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['http://example.com', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    [`${'a'.repeat(64)}.example`, 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['fe80::1%eth0', 'ERR_PACEGATE_NOT_SUPPORTED'],
  ])('refuses %j with %s', (text, code) => {
    const read = () => parseTarget(text);
    expect(read).toThrow(expect.objectContaining({ code }));
    expect(read).toThrow(text === '' ? '""' : text.slice(0, 40));
  });

  it('splits lists at commas and white space, without comments', () => {
    expect(splitTargets('a, b\n# all of it\n c # the last\n,')).toEqual(['a', 'b', 'c']);
  });
});
