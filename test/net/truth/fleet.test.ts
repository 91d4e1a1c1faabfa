// A plan scanned by several processes, of which one is killed and one stands still for longer than its lease.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DirectoryFleetStore } from '../../../lib/scan/index.js';
import type { Running } from '../command.js';
import { describeInNamespaces } from '../namespace.js';
import { scanLines } from '../tools.js';
import { TruthLink } from './link.js';
import { addressesFrom, differenceFrom, none, portsTo } from './scanning.js';

const PROGRAM = path.join(import.meta.dirname, 'fleet-member.mjs');
const ADDRESSES = addressesFrom('10.78.3.0', 64);
const PORTS = portsTo(150);

describeInNamespaces('a fleet of three processes', () => {
  let link: TruthLink;
  let folder: string;

  beforeAll(async () => {
    link = await TruthLink.create();
    folder = mkdtempSync(path.join(tmpdir(), 'pacegate-fleet-'));
  });
  afterAll(() => {
    link.remove();
    rmSync(folder, { recursive: true });
  });

  async function begin(): Promise<Running[]> {
    const options = {
      ...{ directory: folder, targets: '10.78.3.0/26', ports: '1-150', technique: 'syn' },
      ...{ backend: 'packet', maxRate: 4000, retries: 0, timeoutMs: 400, shards: 9, leaseMs: 600 },
    };
    const members = [0, 1, 2].map(() =>
      link.scanner.start(process.execPath, [PROGRAM, JSON.stringify(options)], null),
    );
    await Promise.all(
      members.map(async ({ child }) => {
        if (child.stdout !== null) await once(child.stdout, 'data');
      }),
    );
    for (const { child } of members) child.stdin?.end('go\n');
    return members;
  }

  test('P11 covers its plan, though one is killed and one stands still: nothing missed, nothing invented', async () => {
    const answers = { shares: { open: 200, closed: 800 }, ports: '1-150' };
    await using responder = await link.respond('xdp', { ...answers, prefixes: ['10.78.3.0/26'] });
    const store = new DirectoryFleetStore(folder);
    const holders = async (): Promise<number> => {
      const { shards, members } = await store.status();
      const working = shards.filter(({ status, tally }) => status === 'held' && tally.settled > 0);
      return Math.min(members.length, new Set(working.map(({ holder }) => holder)).size);
    };
    const members = await begin();
    const [killed, stopped] = members;
    const soon = { timeout: 15_000, interval: 20 };
    await expect.poll(holders, soon).toBe(3);
    killed?.child.kill('SIGKILL');
    stopped?.child.kill('SIGSTOP');
    // Their terms are over: the third one has everything.
    await expect.poll(async () => (await store.status()).members.length, soon).toBe(1);
    await expect.poll(async () => (await store.status()).totals.free, soon).toBe(0);
    stopped?.child.kill('SIGCONT');
    const ends = await Promise.all(members.map(({ finished }) => finished));

    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 137, stderr: '' },
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    const { totals } = await store.status();
    expect(totals).toMatchObject({ done: 9, free: 0, members: 0, settled: totals.pairs });
    const lines = ends.flatMap(({ stdout }) => scanLines(stdout));
    const difference = differenceFrom(responder.truth, ADDRESSES, PORTS, lines);
    expect({ ...difference, twice: [] }).toEqual(none);
    const { pairs } = (await responder.end()).figures;
    expect(pairs).toMatchObject({ distinct: totals.pairs, outside: 0 });
  });
});
