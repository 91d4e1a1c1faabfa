import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PipelineState, ScanPipeline, type ScanTask } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';

const plan = fc.record({
  lastHost: fc.integer({ min: 1, max: 12 }),
  lastPort: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(1000),
  shards: fc.integer({ min: 1, max: 3 }),
  maxWorkers: fc.integer({ min: 1, max: 5 }),
});

/** After how many results each run is left; the last one is not. */
const breaks = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 });

test('H5 every pair is read exactly once, however often a pipeline is left and goes on', async () => {
  await fc.assert(
    fc.asyncProperty(plan, breaks, async (given, lefts) => {
      const { lastHost, lastPort, seed, shards, maxWorkers } = given;
      const clock = new ManualClock();
      const probe = async ({ port }: ScanTask, signal: AbortSignal) => {
        await clock.sleep(port * 3, signal);
        if (port % 4 === 3) throw new Error('no');
        return { state: port % 2 === 0 ? ('open' as const) : ('closed' as const) };
      };
      const read: string[] = [];
      for (let index = 0; index < shards; index++) {
        let state: PipelineState | undefined;
        for (const left of [...lefts, Infinity]) {
          const pipeline = new ScanPipeline({
            targets: `10.0.0.1-10.0.0.${lastHost}`,
            ports: `1-${lastPort}`,
            ...{ seed, shard: { index, count: shards }, clock, probe, maxWorkers },
            ...{ maxRate: 1e6, timeoutMs: 20, retries: 1, resume: state },
          }).pipe(async (_result, signal) => {
            await clock.sleep(5, signal);
          });
          const end = { isOver: false };
          const reading = (async () => {
            let count = 0;
            for await (const { address, port } of pipeline) {
              read.push(`${address} ${port}`);
              if (++count >= left) break;
            }
          })().then(() => (end.isOver = true));
          while (!end.isOver) await clock.advance(20);
          await reading;
          state = pipeline.state();
          expect(state.pending.length).toBeLessThanOrEqual(maxWorkers + 16);
        }
      }
      expect(read).toHaveLength(lastHost * lastPort);
      expect(new Set(read).size).toBe(lastHost * lastPort);
      expect(clock.sleeping).toBe(0);
    }),
    { numRuns: 40 },
  );
});
