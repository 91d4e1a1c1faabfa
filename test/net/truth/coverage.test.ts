// Every (address, port) exactly once, counted where the probes arrive: over seeds, shards,
// backends and points of resumption.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import type { Figures } from '../responder/responder.js';
import { TruthLink } from './link.js';
import { ScanRunner } from './scan-runner.js';
import { backends, type Backend } from './scanning.js';

/** All ports refuse, so every pair is settled by its first probe. */
const allClosed = { shares: { closed: 1000 }, prefixes: ['10.78.3.0/26', 'fd78::/122'] };

/** A plan of a few thousand pairs of both families, and the order of them. */
const plan = fc.record({
  addresses: fc.integer({ min: 1, max: 64 }),
  ports: fc.integer({ min: 1, max: 40 }),
  seed: fc.maxSafeNat(),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

const pairsOf = ({ addresses, ports }: Plan): number => 2 * addresses * ports;

function scanOf({ addresses, ports, seed }: Plan, backend: Backend) {
  const last = addresses - 1;
  return {
    targets: [`10.78.3.0-10.78.3.${last}`, `fd78::-fd78::${last.toString(16)}`],
    ports: `1-${ports}`,
    technique: 'syn',
    maxRate: 100_000,
    retries: 0,
    seed,
    backend,
  } as const;
}

describeInNamespaces('what a scan covers', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  /** What arrives while `scans` run. */
  async function arriving(
    { ports }: Plan,
    scans: (runner: ScanRunner) => Promise<void>,
  ): Promise<Figures> {
    const options = { ...allClosed, ports: `1-${ports}` };
    await using responder = await link.respond('xdp', options);
    using runner = new ScanRunner(link.scanner);
    await scans(runner);
    return (await responder.end()).figures;
  }

  describe.for(backends)('backend %s', (backend) => {
    test('P11 every pair once, whatever the seed and the size', async () => {
      await fc.assert(
        fc.asyncProperty(plan, async (one) => {
          const { received, pairs } = await arriving(one, async (runner) => {
            await runner.run(scanOf(one, backend));
          });
          expect({ received, pairs }).toMatchObject({
            received: pairsOf(one),
            pairs: { distinct: pairsOf(one), repeated: 0, outside: 0 },
          });
        }),
        { numRuns: 6 },
      );
    });

    test('P11 shards: together every pair once; resumed anywhere, each covers the rest of its own', async () => {
      const shards = fc.record({
        count: fc.integer({ min: 1, max: 5 }),
        resumed: fc.nat(4),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      });
      await fc.assert(
        fc.asyncProperty(plan, shards, async (one, { count, resumed, part }) => {
          const scan = scanOf(one, backend);
          let left = 0;
          const { received, pairs } = await arriving(one, async (runner) => {
            for (let index = 0; index < count; ++index) {
              const shard = { index, count };
              const { statistics, state } = await runner.run({ ...scan, shard });
              expect(statistics.settled).toBe(statistics.total);
              if (index !== resumed) continue;
              left = Math.ceil(part * statistics.total);
              const resume = { ...state, position: state.position - left };
              await runner.run({ ...scan, shard, resume });
            }
          });
          // What was resumed was probed a second time, and nothing else was.
          expect({ received, pairs }).toMatchObject({
            received: pairsOf(one) + left,
            pairs: { distinct: pairsOf(one), repeated: left, outside: 0 },
          });
        }),
        { numRuns: 5 },
      );
    });

    test('P11 stopped in the middle and resumed: all pairs, and no more of them twice than were under way', async () => {
      const one = { addresses: 64, ports: 40, seed: 11 };
      const size = pairsOf(one);
      let first = { sent: 0, position: 0 };
      const { received, pairs } = await arriving(one, async (runner) => {
        const scan = { ...scanOf(one, backend), maxRate: 20_000 };
        const { statistics, state, complete } = await runner.run({ ...scan, stopAfter: 500 });
        expect(complete).toBe(false);
        first = { sent: statistics.sent, position: state.position };
        expect((await runner.run({ ...scan, resume: state })).complete).toBe(true);
      });
      expect(pairs).toMatchObject({ planned: size, distinct: size, outside: 0 });
      expect(first.position).toBeGreaterThan(0);
      expect(first.position).toBeLessThan(size);
      expect(received).toBe(size + (pairs?.repeated ?? 0));
      expect(pairs?.repeated).toBeLessThanOrEqual(first.sent - first.position);
    });
  });
});
