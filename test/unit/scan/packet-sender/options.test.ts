import { describe, expect, it, vi } from 'vitest';
import { TokenBucket } from '../../../../lib/index.js';
import {
  checkRate,
  checkSenderOptions,
} from '../../../../lib/scan/packet-sender/sender-options.js';
import { checkTransmitOptions } from '../../../../lib/scan/packet-sender/transmit-options.js';
import { PacketSender } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';

type Refused = [options: object, code: string, named: string];

const refusal = (code: string, named: string): object =>
  expect.objectContaining({
    code: `ERR_PACEGATE_${code}`,
    message: expect.stringContaining(named) as string,
  }) as object;

const thrownBy = (body: () => unknown): unknown => {
  try {
    return body();
  } catch (error) {
    return error;
  }
};

describe('P3 the options of a packet sender', () => {
  const check = (options: object) => checkSenderOptions({ interface: 'eth0', ...options });

  it('have defaults that hold nothing back', () => {
    expect(check({})).toEqual({
      native: {
        interfaceName: 'eth0',
        backend: 'auto',
        rate: Infinity,
        autoRate: 0,
        precision: 'balanced',
        catchUpMs: 10,
      },
      limiter: undefined,
    });
  });

  it.each<Refused>([
    [{ interface: undefined }, 'INVALID_ARGUMENT', 'interface'],
    [{ interface: '' }, 'INVALID_ARGUMENT', 'interface'],
    [{ interface: 'a/b' }, 'INVALID_ARGUMENT', 'interface'],
    [{ interface: 3 }, 'INVALID_ARGUMENT', 'interface'],
    [{ backend: 'dpdk' }, 'INVALID_ARGUMENT', 'backend'],
    [{ backend: null }, 'INVALID_ARGUMENT', 'backend'],
    [{ rate: 0 }, 'OUT_OF_RANGE', 'rate'],
    [{ rate: -1 }, 'OUT_OF_RANGE', 'rate'],
    [{ rate: 1e9 }, 'OUT_OF_RANGE', 'rate'],
    [{ rate: Number.NaN }, 'OUT_OF_RANGE', 'rate'],
    [{ rate: '100' }, 'INVALID_ARGUMENT', 'rate'],
    [{ precision: 'exact' }, 'INVALID_ARGUMENT', 'precision'],
    [{ catchUpMs: -1 }, 'OUT_OF_RANGE', 'catchUpMs'],
    [{ catchUpMs: 1001 }, 'OUT_OF_RANGE', 'catchUpMs'],
    [{ catchUpMs: '1' }, 'INVALID_ARGUMENT', 'catchUpMs'],
    [{ limiter: { rate: 5 } }, 'INVALID_ARGUMENT', 'limiter'],
    [{ limiter: null }, 'INVALID_ARGUMENT', 'limiter'],
    [{ limiter: 7 }, 'INVALID_ARGUMENT', 'limiter'],
    [{ burst: 5 }, 'INVALID_ARGUMENT', 'burst'],
  ])('%j are refused: %s, naming %s', (options, code, named) => {
    expect(thrownBy(() => check(options))).toEqual(refusal(code, named));
    const open = () => PacketSender.open({ interface: 'eth0', ...options });
    expect(thrownBy(open)).toEqual(refusal(code, named));
  });

  it('take a rate that is set later by the same rule', () => {
    expect([checkRate(0.001), checkRate(1e8), checkRate(Infinity)]).toEqual([0.001, 1e8, Infinity]);
    expect(thrownBy(() => checkRate(-Infinity))).toEqual(refusal('OUT_OF_RANGE', 'rate'));
  });

  it('take a limiter on the system’s clock, and leave it as it is', () => {
    using bucket = new TokenBucket({ rate: 5, burst: 3 });
    const { limiter } = check({ limiter: bucket });
    expect(bucket.tryAcquire(2)).toBe(true);
    // Shared only once it is joined, with all it owes.
    expect(limiter?.join().madeWith).toEqual({ rate: 5, burst: 3 });
    expect(bucket.availableTokens()).toBeLessThan(2);
  });

  it('leave a limiter as it is when the device cannot be opened', () => {
    using bucket = new TokenBucket({ rate: 5, burst: 3 });
    const share = vi.spyOn(bucket, 'share', 'get');
    expect(() => PacketSender.open({ interface: 'pgnone9', limiter: bucket })).toThrow();
    expect(share).not.toHaveBeenCalled();
  });

  it('refuse a limiter on a clock of its own', () => {
    using bucket = new TokenBucket({ rate: 5, clock: new ManualClock() });
    expect(thrownBy(() => check({ limiter: bucket }))).toEqual(
      refusal('INVALID_ARGUMENT', "the system's clock"),
    );
  });

  it('refuse a limiter that was disposed of, when the device is opened', () => {
    const bucket = new TokenBucket({ rate: 5 });
    bucket[Symbol.dispose]();
    const open = () => PacketSender.open({ interface: 'eth0', limiter: bucket });
    expect(thrownBy(open)).toEqual(refusal('DISPOSED', 'TokenBucket'));
  });

  it('name an interface that is not there', () => {
    const open = () => PacketSender.open({ interface: 'nosuch0' });
    expect(thrownBy(open)).toEqual(refusal('NO_SUCH_INTERFACE', 'nosuch0'));
  });
});

describe('P3 the options of a transmit', () => {
  const ethernet = { backend: 'packet', ethernet: true, mtu: 1500, largestFrame: 1514 };
  const bare = { backend: 'rawip', ethernet: false, mtu: 100, largestFrame: 100 };
  const inspect = (_: Uint8Array, vary: string): number => {
    if (vary === 'none') return 0;
    return vary === 'destination-port' ? 80 : 0x0a00_0001;
  };
  const base = { template: new Uint8Array(60), vary: 'none', count: 1 };
  const check = (options: object, info = ethernet) =>
    checkTransmitOptions({ ...base, ...options }, info, inspect);

  it('begin at the template’s own value', () => {
    expect(check({ vary: 'ipv4-destination' }).first).toBe(0x0a00_0001);
    expect(check({ vary: 'destination-port' }).first).toBe(80);
    expect(check({ vary: 'none' }).first).toBe(0);
  });

  it('begin elsewhere, and may go to the last value there is', () => {
    const address = { vary: 'ipv4-destination', from: '255.255.255.254', count: 2 };
    expect(check(address)).toMatchObject({ first: 0xffff_fffe, count: 2 });
    const port = { vary: 'destination-port', from: 0, count: 65_536 };
    expect(check(port)).toMatchObject({ first: 0, count: 65_536 });
    expect(check({ count: 2 ** 53 - 1 }).count).toBe(2 ** 53 - 1);
  });

  it('take a frame of the interface’s size and none that is larger', () => {
    expect(check({ template: new Uint8Array(1514) }).template).toHaveLength(1514);
    expect(check({ template: new Uint8Array(100) }, bare).template).toHaveLength(100);
    const large = () => check({ template: new Uint8Array(1515) });
    expect(thrownBy(large)).toEqual(refusal('OUT_OF_RANGE', 'at most 1514 bytes'));
    const largeBare = () => check({ template: new Uint8Array(101) }, bare);
    expect(thrownBy(largeBare)).toEqual(refusal('OUT_OF_RANGE', 'an MTU of 100'));
    const jumbo = { backend: 'xdp', ethernet: true, mtu: 9000, largestFrame: 3072 };
    const largeForXdp = () => check({ template: new Uint8Array(3073) }, jumbo);
    expect(thrownBy(largeForXdp)).toEqual(refusal('OUT_OF_RANGE', 'through backend xdp'));
    const small = () => check({ template: new Uint8Array(13) });
    expect(thrownBy(small)).toEqual(refusal('OUT_OF_RANGE', '14 bytes'));
    const empty = () => check({ template: new Uint8Array(0) }, bare);
    expect(thrownBy(empty)).toEqual(refusal('OUT_OF_RANGE', 'template'));
  });

  it.each<Refused>([
    [{ template: undefined }, 'INVALID_ARGUMENT', 'template'],
    [{ template: [1, 2] }, 'INVALID_ARGUMENT', 'template'],
    [{ template: 'frame' }, 'INVALID_ARGUMENT', 'template'],
    [{ vary: undefined }, 'INVALID_ARGUMENT', 'vary'],
    [{ vary: 'source-port' }, 'INVALID_ARGUMENT', 'vary'],
    [{ count: undefined }, 'INVALID_ARGUMENT', 'count'],
    [{ count: -1 }, 'OUT_OF_RANGE', 'count'],
    [{ count: 1.5 }, 'OUT_OF_RANGE', 'count'],
    [{ count: Infinity }, 'OUT_OF_RANGE', 'count'],
    [{ from: 5 }, 'INVALID_ARGUMENT', 'from'],
    [{ vary: 'destination-port', from: '80' }, 'INVALID_ARGUMENT', 'from'],
    [{ vary: 'destination-port', from: 65_536 }, 'OUT_OF_RANGE', 'from'],
    [{ vary: 'destination-port', from: 1, count: 65_536 }, 'OUT_OF_RANGE', 'count'],
    [{ vary: 'destination-port', count: 65_457 }, 'OUT_OF_RANGE', 'from 80 to 65535'],
    [{ vary: 'ipv4-destination', from: 167_772_161 }, 'INVALID_ARGUMENT', 'from'],
    [{ vary: 'ipv4-destination', from: '10.0.0.256' }, 'INVALID_ARGUMENT', 'from'],
    [{ vary: 'ipv4-destination', from: '::1' }, 'INVALID_ARGUMENT', 'from'],
    [{ vary: 'ipv4-destination', from: '255.255.255.255', count: 2 }, 'OUT_OF_RANGE', 'count'],
    [{ signal: 'stop' }, 'INVALID_ARGUMENT', 'signal'],
    [{ rate: 5 }, 'INVALID_ARGUMENT', 'rate'],
  ])('%j are refused: %s, naming %s', (options, code, named) => {
    expect(thrownBy(() => check(options))).toEqual(refusal(code, named));
  });
});
