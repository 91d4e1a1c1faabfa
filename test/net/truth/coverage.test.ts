// Every (address, port) exactly once, counted where the probes arrive: over seeds, backends and points of resumption.
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
        { numRuns: 8 },
      );
    });

    test('P11 from any point on: the rest once, and nothing of what was before', async () => {
      const points = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 2 });
      await fc.assert(
        fc.asyncProperty(plan, points, async (one, parts) => {
          const size = pairsOf(one);
          const scan = scanOf(one, backend);
          let state = await stateOf(one, scan);
          for (const part of parts) {
            const position = Math.floor(part * size);
            state = { ...state, position };
            const { received, pairs } = await arriving(one, async (runner) => {
              const { statistics } = await runner.run({ ...scan, resume: state });
              expect(statistics.settled).toBe(size);
            });
            expect(received).toBe(size - position);
            expect(pairs).toMatchObject({ distinct: size - position, repeated: 0, outside: 0 });
          }
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

  /** A state of that very plan. */
  async function stateOf(one: Plan, scan: ReturnType<typeof scanOf>) {
    let state = {};
    await arriving(one, async (runner) => {
      ({ state } = await runner.run({ ...scan, stopAfter: 1 }));
    });
    return state as NonNullable<Parameters<ScanRunner['run']>[0]['resume']>;
  }
});
