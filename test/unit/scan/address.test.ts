import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../../lib/scan/targets/address.js';

describe('addresses', () => {
  it.each([
    ['0.0.0.0', 4, 0n],
    ['10.0.0.1', 4, 0x0a000001n],
    ['255.255.255.255', 4, 0xffffffffn],
    ['::', 6, 0n],
    ['::1', 6, 1n],
    ['2001:DB8::a', 6, 0x20010db8_00000000_00000000_0000000an],
    ['1:2:3:4:5:6:7:8', 6, 0x00010002_00030004_00050006_00070008n],
    ['1:2:3:4:5:6:7::', 6, 0x00010002_00030004_00050006_00070000n],
    ['64:ff9b::192.0.2.33', 6, 0x0064ff9b_00000000_00000000_c0000221n],
  ] as const)('reads %s', (text, family, value) => {
    expect(parseAddress(text)).toEqual({ family, value });
  });

  it.each([
    '010.0.0.1',
    '0x7f.1',
    '127.1',
    '1.2.3.256',
    '1.2.3',
    '1',
    '',
    ' 1.2.3.4',
    '1::2::3',
    'fe80::1%eth0',
    '[::1]',
  ])('refuses %j, which programs read differently or not at all', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('writes IPv6 as RFC 5952 asks', () => {
    const canonical = (text: string) => formatAddress(6, parseAddress(text)?.value ?? 0n);
    expect(canonical('2001:0DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
    expect(canonical('2001:db8:0:1:1:1:1:1')).toBe('2001:db8:0:1:1:1:1:1');
    expect(canonical('0:0:0:0:0:0:0:0')).toBe('::');
    expect(canonical('1:0:0:0:0:0:0:0')).toBe('1::');
  });

  it('agrees with ipaddr.js on every IPv6 address', () => {
    const bytes = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
      minLength: 16,
      maxLength: 16,
    });
    fc.assert(
      fc.property(bytes, (octets) => {
        const value = octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
        const other = ipaddr.fromByteArray(octets);
        expect(parseAddress(other.toNormalizedString())).toEqual({ family: 6, value });
        expect(ipaddr.parse(formatAddress(6, value)).toByteArray()).toEqual(octets);
        expect(parseAddress(formatAddress(6, value))).toEqual({ family: 6, value });
      }),
    );
  });
});
