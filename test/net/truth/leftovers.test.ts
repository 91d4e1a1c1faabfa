// What a scan leaves behind: nothing, however it ends.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../command.js';
import { describeInNamespaces } from '../namespace.js';
import { TOOL } from '../responder/responder.js';
import { cli } from '../tools.js';
import { TruthLink } from './link.js';
import { addressesFrom, backends, differenceFrom, none, portsTo, scanned } from './scanning.js';

const PROGRAM = path.join(import.meta.dirname, 'leftovers-program.mjs');
const options = { key: 1, shares: { open: 300, closed: 700 }, prefixes: ['10.78.6.0/24'] };
const plan = { targets: '10.78.6.0/24', ports: '1-40' };
const PATIENCE_MS = 10_000;

/** BPF programs of pacegate that the kernel holds. */
async function programs(): Promise<Set<number>> {
  const list = JSON.parse(await must(TOOL, ['programs'])) as { id: number; name: string }[];
  return new Set(list.filter(({ name }) => name.startsWith('pacegate')).map(({ id }) => id));
}

/** The kernel frees a program a moment after its last user has gone. */
async function gone(ids: ReadonlySet<number>): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const left = await programs();
    if (![...ids].some((id) => left.has(id))) return true;
    await sleep(50);
  }
  return false;
}

describeInNamespaces('what a scan leaves behind', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  describe.for(backends)('backend %s', (backend) => {
    test('P3 no descriptor and no thread: completed, stopped, aborted, or its worker terminated', async () => {
      await using responder = await link.respond('xdp', options);
      const { code, stdout, stderr } = await link.scanner.run(process.execPath, [
        PROGRAM,
        JSON.stringify({
          options: { technique: 'syn', backend, ...plan, maxRate: 10_000, timeoutMs: 100 },
          sender: { interface: 'up0', backend, rate: 5000 },
          template: link.frameTo('10.78.6.1').toString('hex'),
        }),
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { before, after } = JSON.parse(stdout) as Record<'before' | 'after', object>;
      expect(after).toEqual(before);
      expect((await responder.figures()).received).toBeGreaterThan(0);
    });

    test('P3 killed in mid-flight: no process, no BPF program, and the device works on', async () => {
      await using responder = await link.respond('xdp', options);
      const before = await programs();
      const { child, finished } = link.scanner.start(process.execPath, [
        ...[cli, 'scan', '-sS', '10.78.6.0/24', '-p', '1-20000', '--max-rate', '50000'],
        ...['--backend', backend, '-oJ', '-', '--no-progress'],
      ]);
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      const loaded = [...(await programs())].filter((id) => !before.has(id));
      if (backend === 'xdp') expect(loaded).not.toEqual([]);
      child.kill('SIGKILL');
      expect((await finished).code).toBe(137);
      expect(existsSync(`/proc/${child.pid ?? 0}`)).toBe(false);
      expect(await gone(new Set(loaded))).toBe(true);

      const addresses = addressesFrom('10.78.6.0', 64);
      const { lines } = await scanned(link.scanner, backend, [
        ...['--max-rate', '10000', '--timeout', '400', '-p', '1-16'],
        ...addresses,
      ]);
      expect(differenceFrom(responder.truth, addresses, portsTo(16), lines)).toEqual(none);
    });
  });
});
