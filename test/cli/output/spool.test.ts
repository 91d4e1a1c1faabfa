import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultsByHost, type SortLimits } from '../../../lib/cli/output/spool/by-host.js';
import { pack, PACKED_BYTES, unpack, WORDS } from '../../../lib/cli/output/spool/packed-result.js';
import { ResultLog } from '../../../lib/cli/output/spool/result-log.js';
import type { PortState, ScanReason, ScanResult } from '../../../lib/scan/index.js';
import { nativeReasons, portStates } from '../../../lib/scan/reasons.js';
import { formatAddress, parseAddress } from '../../../lib/scan/targets/address.js';
import { result } from './sample.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-spool-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const addresses = fc.oneof(
  fc.bigInt(0n, 2n ** 32n - 1n).map((value) => formatAddress(4, value)),
  fc.bigInt(0n, 2n ** 128n - 1n).map((value) => formatAddress(6, value)),
  fc.constantFrom('0.0.0.0', '255.255.255.255', '::', '::ffff:ffff', 'fe80::1', '10.0.0.1'),
);

const results: fc.Arbitrary<ScanResult> = fc
  .record({
    address: addresses,
    port: fc.integer({ min: 0, max: 65_535 }),
    protocol: fc.constant('tcp' as const),
    state: fc.constantFrom<PortState>(...portStates),
    reason: fc.constantFrom<ScanReason>(...nativeReasons, 'conn-refused'),
    rttMs: fc.option(fc.integer({ min: 0, max: 600_000_000 }).map((us) => us / 1000)),
    ttl: fc.option(fc.integer({ min: 1, max: 255 })),
  })
  .map(({ rttMs, ttl, ...rest }) => ({
    ...rest,
    ...(rttMs === null ? {} : { rttMs }),
    ...(ttl === null ? {} : { ttl }),
  }));

const logOf = (isKept = false, isContinued = false): Promise<ResultLog> =>
  ResultLog.open({ file: path.join(folder, 'log'), isKept, isContinued });

async function sorted(log: ResultLog, limits?: SortLimits): Promise<ScanResult[][]> {
  const hosts: ScanResult[][] = [];
  for await (const host of resultsByHost(log, path.join(folder, 'sort'), limits)) hosts.push(host);
  return hosts;
}

describe('a packed result', () => {
  it('P11 is the result again', () => {
    fc.assert(
      fc.property(results, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (given, atS) => {
        const words = new Uint32Array(2 * WORDS).fill(0xffff_ffff);
        pack(given, atS, words, WORDS);
        expect(unpack(words, WORDS)).toEqual({ ...given, atS });
      }),
    );
  });
});

describe('results by host', () => {
  const key = ({ address, port }: ScanResult): string => `${address} ${port}`;
  const byValue = (a: string, b: string): number => {
    const [left, right] = [parseAddress(a), parseAddress(b)];
    if (left === undefined || right === undefined) throw new Error('no address');
    if (left.family !== right.family) return left.family - right.family;
    return left.value < right.value ? -1 : Number(left.value > right.value);
  };

  it('P11 holds each port once, the later result of two, whatever the limits of memory', async () => {
    const few = fc.constantFrom('10.0.0.2', '10.0.0.10', '9.255.0.1', '::1', 'fe80::2');
    const crowded = fc
      .tuple(results, few, fc.integer({ min: 0, max: 20 }))
      .map(([given, address, port]) => ({ ...given, address, port }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(results, crowded), { maxLength: 300 }),
        fc.constantFrom<SortLimits>({}, { runResults: 5, fanIn: 3, blockResults: 2 }),
        async (given, limits) => {
          const log = await logOf();
          for (const one of given) await log.add(one, 7);
          const hosts = await sorted(log, limits);
          await log.close();
          const names = hosts.map(([first]) => first?.address ?? '');
          expect(names).toEqual([...new Set(names)].sort(byValue));
          for (const host of hosts) {
            expect(new Set(host.map(({ address }) => address)).size).toBe(1);
            const ports = host.map(({ port }) => port);
            expect(ports).toEqual([...new Set(ports)].sort((a, b) => a - b));
          }
          const latest = new Map(given.map((one) => [key(one), { ...one, atS: 7 }]));
          const flat = hosts.flat();
          expect(flat).toHaveLength(latest.size);
          for (const one of flat) expect(one).toEqual(latest.get(key(one)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves no file behind', () => {
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a log that is kept', () => {
  it('P11 loses nothing of what comes while it is brought to the disk', async () => {
    const log = await logOf();
    for (let port = 0; port < 60_000; port++) {
      if (port % 1000 === 0) void log.sync();
      await log.add(result('10.0.0.1', port), 1);
    }
    const ports = (await sorted(log)).flat().map(({ port }) => port);
    expect(ports).toEqual(Array.from({ length: 60_000 }, (_, port) => port));
    await log.close();
  });

  it('P11 is gone on with after a run that was killed inside of a result', async () => {
    const file = path.join(folder, 'log');
    const first = await logOf(true);
    for (let port = 1; port <= 3; port++) await first.add(result('10.0.0.1', port), 1);
    await first.sync();
    expect(statSync(file).size).toBe(3 * PACKED_BYTES);
    await first.close();
    writeFileSync(file, 'torn', { flag: 'a' });
    const second = await logOf(true, true);
    expect(second.length).toBe(3);
    await second.add(result('10.0.0.1', 3, 'closed'), 2);
    const [host] = await sorted(second);
    expect(host).toMatchObject([{ port: 1 }, { port: 2 }, { port: 3, state: 'closed', atS: 2 }]);
    await second.close();
    const anew = await logOf(true);
    expect(anew.length).toBe(0);
    await anew.close();
    rmSync(file);
  });

  it('says which file it cannot have', async () => {
    const file = path.join(folder, 'no', 'log');
    await expect(ResultLog.open({ file, isKept: true, isContinued: false })).rejects.toMatchObject({
      code: 'ERR_PACEGATE_SYSTEM',
      message: `cannot write ${file}: ENOENT`,
    });
  });
});
