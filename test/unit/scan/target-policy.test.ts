import { describe, expect, it } from 'vitest';
import {
  formatRange,
  normalizeRanges,
  type AddressRange,
} from '../../../lib/scan/targets/address-range.js';
import { parseTarget } from '../../../lib/scan/targets/parse-target.js';
import { localBroadcasts, resolveTargets } from '../../../lib/scan/targets/resolve.js';
import { allowTargets } from '../../../lib/scan/targets/target-policy.js';

function ranges(...texts: string[]): AddressRange[] {
  return normalizeRanges(
    texts.flatMap((text) => {
      const target = parseTarget(text);
      return target.kind === 'ranges' ? target.ranges : [];
    }),
  );
}

function allow(
  texts: string[],
  options: { exclude?: string[]; broadcasts?: string[]; authorised?: boolean } = {},
) {
  const targets = texts.map((text) => ({ text, ranges: ranges(text) }));
  const allowed = allowTargets(targets, {
    excluded: ranges(...(options.exclude ?? [])),
    localBroadcasts: ranges(...(options.broadcasts ?? [])),
    iAmAuthorised: options.authorised ?? false,
  });
  return { ranges: allowed.ranges.map(formatRange), warnings: allowed.warnings };
}

describe('which targets are probed', () => {
  it('P11 probes an address once, however often and in whatever form it is named', () => {
    expect(allow(['10.0.0.0/30', '10.0.0.2', '10.0.0.1-9', '::1', '::1']).ranges).toEqual([
      '10.0.0.0-10.0.0.9',
      '::1',
    ]);
  });

  it('P11 leaves out what is excluded', () => {
    expect(allow(['10.0.0.0/29'], { exclude: ['10.0.0.3', '10.0.0.6/31'] }).ranges).toEqual([
      '10.0.0.0-10.0.0.2',
      '10.0.0.4/31',
    ]);
  });

  it.each([
    '224.0.0.1',
    '239.0.0.0/8',
    '255.255.255.255',
    '0.0.0.0',
    '0.1.2.3',
    'ff02::1',
    '::',
    '::ffff:10.0.0.1',
  ])('refuses %s: no single host has it', (text) => {
    expect(() => allow(['10.0.0.1', text])).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_INVALID_ARGUMENT' }),
    );
    expect(() => allow([text])).toThrow(JSON.stringify(text));
  });

  it('takes the multicast part from a wider range, and says so', () => {
    const { ranges: kept, warnings } = allow(['223.255.255.254-224.0.0.3']);
    expect(kept).toEqual(['223.255.255.254/31']);
    expect(warnings).toEqual([expect.stringContaining('223.255.255.254-224.0.0.3')]);
  });

  it("leaves out the broadcast addresses of this host's networks, and says so", () => {
    const { ranges: kept, warnings } = allow(['192.168.7.0/24'], { broadcasts: ['192.168.7.255'] });
    expect(kept).toEqual(['192.168.7.0-192.168.7.254']);
    expect(warnings).toEqual([expect.stringContaining('192.168.7.255')]);
  });

  it('asks for authorisation above 65 536 public addresses, not at them', () => {
    expect(allow(['8.8.0.0/16']).ranges).toEqual(['8.8.0.0/16']);
    expect(() => allow(['8.8.0.0/16', '9.9.9.9'])).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_NOT_PERMITTED' }),
    );
    expect(() => allow(['8.8.0.0/16', '9.9.9.9'])).toThrow('65537');
    expect(allow(['8.8.0.0/16', '9.9.9.9'], { exclude: ['8.8.8.8'] }).ranges).toHaveLength(3);
    expect(allow(['8.8.0.0/15'], { authorised: true }).ranges).toEqual(['8.8.0.0/15']);
  });

  it.each([
    '10.0.0.0/8',
    '127.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '198.18.0.0/15',
    'fd00::/64',
    'fe80::/100',
    '2001:db8::/64',
  ])('asks nothing for %s', (text) => {
    expect(allow([text])).toEqual({ ranges: [text], warnings: [] });
  });

  it('takes reserved ranges from a large public one, and keeps those named themselves', () => {
    const whole = allow(['9.255.0.0-11.255.255.255'], { authorised: true });
    expect(whole.ranges).toEqual(['9.255.0.0/16', '11.0.0.0/8']);
    expect(whole.warnings).toEqual([expect.stringContaining('10.0.0.0/8')]);
    const both = allow(['9.255.0.0-11.255.255.255', '10.1.0.0/16'], { authorised: true });
    expect(both.ranges).toEqual(['9.255.0.0/16', '10.1.0.0/16', '11.0.0.0/8']);
    const internet = allow(['0.0.0.0/0'], { authorised: true });
    expect(internet.ranges.join()).not.toMatch(/(^|,)(10|127|224|240)\./);
  });
});

describe('names', () => {
  const lookup = (name: string): Promise<string[]> => {
    const known: Record<string, string[]> = {
      both: ['2001:db8::7', '192.0.2.7', '192.0.2.8'],
      six: ['2001:db8::6'],
      none: [],
    };
    const found = known[name];
    return found
      ? Promise.resolve(found)
      : Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
  };
  const resolve = async (...names: string[]) =>
    (
      await resolveTargets(
        names.map((name) => parseTarget(name)),
        lookup,
      )
    ).flatMap((target) => target.ranges.map(formatRange));

  it('P11 take their first IPv4 address, or IPv6 where there is no other', async () => {
    expect(await resolve('both', 'six', '10.0.0.0/30')).toEqual([
      '192.0.2.7',
      '2001:db8::6',
      '10.0.0.0/30',
    ]);
  });

  it.each(['nope', 'none'])('without an address are refused: %s', async (name) => {
    await expect(resolve('both', name)).rejects.toMatchObject({
      code: 'ERR_PACEGATE_UNKNOWN_HOST',
    });
    await expect(resolve('both', name)).rejects.toThrow(`"${name}"`);
  });
});

it('finds the broadcast addresses of the networks this host is in', () => {
  const entry = (cidr: string) => ({
    address: cidr.split('/')[0] ?? '',
    netmask: '',
    mac: '',
    internal: false,
    cidr,
    family: 'IPv4' as const,
  });
  const found = localBroadcasts({
    eth0: [entry('192.168.7.20/24'), entry('10.1.2.3/31')],
    lo: [entry('127.0.0.1/8')],
    p2p: [entry('10.9.9.9/32')],
    none: undefined,
  });
  expect(found.map(formatRange)).toEqual(['127.255.255.255', '192.168.7.255']);
});
