import { describe, expect, test } from 'vitest';
import { KeyedLimiter, type KeyedLimiterOptions } from '../../../../lib/index.js';
import { SteppedClock } from '../stepped-clock.js';

/** How many buckets these keys have in all: each has one token. */
function buckets(
  keys: readonly (string | number)[],
  options: Partial<KeyedLimiterOptions> = {},
): number {
  using limiter = new KeyedLimiter({ rate: 1, burst: 1, clock: new SteppedClock(), ...options });
  return keys.filter((key) => limiter.tryAcquire(key)).length;
}

describe('strings as keys', () => {
  test('H1 every string is a key of its own, whatever is in it', () => {
    const keys = [
      '',
      ' ',
      '\0',
      '\0\0',
      'a',
      'A',
      'é',
      'e\u0301',
      '😀',
      '\ud83d',
      '\ude00',
      '\ufffd',
    ];
    keys.push('\ud800', '\udfff', 'a\ud800', '0', '7', '-1', '__proto__', 'undefined');
    expect(buckets(keys)).toBe(keys.length);
    expect(buckets([...keys, ...keys])).toBe(keys.length);
  });

  test('H1 every code unit of a long one counts', () => {
    const keys: string[] = [];
    for (const length of [1, 7, 8, 9, 127, 253, 254, 255, 256, 257, 511, 10_000, 1_000_000]) {
      keys.push('x'.repeat(length), 'é'.repeat(length), '\u4e2d'.repeat(length));
      keys.push(`${'x'.repeat(length)}y`, `y${'x'.repeat(length)}`);
    }
    const different = new Set(keys).size;
    expect(buckets(keys)).toBe(different);
    expect(buckets([...keys, ...keys])).toBe(different);
  });

  test('H1 a string and a number are never the same key', () => {
    expect(buckets(['7', 7, '07', '7.0', 0, '0', '', 4294967295, '4294967295'])).toBe(9);
    expect(buckets([0, -0])).toBe(1);
  });

  test('H1 however a string was made', () => {
    const flat = 'prefix-12345';
    const joined = ['prefix', '12345'].join('-');
    const sliced = `..${flat}..`.slice(2, -2);
    expect(buckets([flat, joined, sliced, `prefix-12345`])).toBe(1);
  });
});

describe('addresses as keys', () => {
  test('H1 an IPv4 address is the number it stands for', () => {
    expect(buckets(['1.2.3.4', 0x01020304, '::ffff:1.2.3.4', '::FFFF:102:304'])).toBe(1);
    expect(buckets(['255.255.255.255', 0xffffffff])).toBe(1);
    expect(buckets(['1.2.3.4', '1.2.3.5', 0x04030201])).toBe(3);
  });

  test('H1 an IPv6 address is its network of 64 bits', () => {
    const same = ['2001:db8::1', '2001:DB8::2', '2001:db8:0:0:ffff::', '2001:0db8:0::1.2.3.4'];
    expect(buckets(same)).toBe(1);
    expect(buckets(['2001:db8::1', '2001:db8:0:1::1', '2001:db8:1::1', '2002::'])).toBe(4);
    expect(buckets(['::', '::1', '::2:0:0:0'])).toBe(1);
  });

  test('H1 ipv6Prefix says how much of it counts', () => {
    const addresses = [
      '2001:db8::1',
      '2001:db8::2',
      '2001:db8:0:1::',
      '2001:db8:1::',
      '2001:db9::',
    ];
    const prefixes = [128, 64, 48, 47, 32, 31, 16, 1];
    const counts = prefixes.map((ipv6Prefix) => buckets(addresses, { ipv6Prefix }));
    expect(counts).toEqual([5, 4, 3, 2, 2, 1, 1, 1]);
    expect(buckets(['::ffff:1.2.3.4', '::ffff:1.2.3.5'], { ipv6Prefix: 1 })).toBe(2);
  });

  test('H1 what is no whole address is text', () => {
    const keys = ['2001:db8::1%eth0', '2001:db8::1%eth1', '[2001:db8::1]', '2001:db8::/64'];
    keys.push(' 2001:db8::1', '2001:db8::1 ', '2001:db8::1\0', '2001:db8::1\n', '2001:db8:::1');
    keys.push('2001:db8::1:2:3:4:5:6:7', '::fffff', '1.2.3.4:80', '01.2.3.4', '1.2.3', '1.2.3.4.');
    keys.push(
      '1.2.3.256',
      '0x01020304',
      '16909060',
      '１.2.3.4',
      'cafe',
      'face:b00c',
      '::g',
      ':',
      '.',
    );
    expect(buckets([...keys, '2001:db8::1', '1.2.3.4'])).toBe(keys.length + 2);
  });

  test('H1 addresses: false takes all text as it stands', () => {
    const keys = ['1.2.3.4', 0x01020304, '::ffff:1.2.3.4', '2001:db8::1', '2001:db8::2', '::1'];
    expect(buckets(keys, { addresses: false })).toBe(keys.length);
  });

  test('H1 block, penalize, reward and delete know the same keys', () => {
    using limiter = new KeyedLimiter({ rate: 1, burst: 5, clock: new SteppedClock() });
    limiter.block('2001:db8::1', 1_000);
    expect(limiter.tryAcquire('2001:db8::2')).toBe(false);
    expect(limiter.delete('2001:db8::3')).toBe(true);
    limiter.penalize(0x7f000001, 5);
    expect(limiter.tryAcquire('127.0.0.1')).toBe(false);
    limiter.reward('::ffff:127.0.0.1', 2);
    expect(limiter.peek(0x7f000001).remaining).toBe(2);
  });
});
