import { describe, expect, test } from 'vitest';
import { freshPath, temporaryFolder } from '../unit/limiters/sharing/fresh-path.js';
import { runProgram } from './start-program.js';

const onLinux = process.platform === 'linux';

const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);

/** Little enough for hardly a token to come while a test runs, and enough for the burst within 52 days. */
const RATE = 0.1;

/** Runs `body`, which returns how many tokens of a full bucket were taken in all until it was empty. */
async function expectExactly(burst: number, body: () => Promise<number>): Promise<void> {
  const start = performance.now();
  const taken = await body();
  expect(taken).toBeGreaterThanOrEqual(burst);
  expect(taken).toBeLessThanOrEqual(burst + (RATE * (performance.now() - start)) / 1_000);
}

describe.runIf(onLinux)('H2 processes that share a file', { timeout: 60_000 }, () => {
  test.each([
    ['TokenBucket', { rate: RATE, burst: 50_000 }],
    ['HybridLimiter', { rate: RATE, burst: 50_000, windowMs: 500_000_000 }],
    ['KeyedLimiter', { rate: RATE, burst: 50_000, maxKeys: 1_000 }],
  ])(
    '%s: what one takes the others miss, and it stays when all have ended',
    async (kind, quota) => {
      const options = JSON.stringify({ kind, ...quota, share: { file: freshPath() } });
      await expectExactly(50_000, async () => {
        const taken = await Promise.all([1, 2, 3].map(() => runProgram('spend-all', options)));
        const later = await runProgram('spend-all', options);
        return sum([...taken, later].flat() as number[]);
      });
    },
  );

  test('node:cluster: the primary and its workers, one of them killed, get exactly the burst', async () => {
    const options = JSON.stringify({ rate: RATE, burst: 200_100, share: { file: freshPath() } });
    await expectExactly(200_000, async () => {
      const [report] = await runProgram('cluster', options);
      const { taken, left } = report as { taken: number[]; left: number };
      expect(taken).toHaveLength(3);
      return sum(taken) + left;
    });
  });

  test('who waits in one process waits behind those of another', async () => {
    const options = JSON.stringify({ rate: 200, burst: 1, share: { file: freshPath() } });
    const start = performance.now();
    const granted = await Promise.all([
      runProgram('waiting', options, '20'),
      runProgram('waiting', options, '20'),
    ]);
    expect(granted).toEqual([[20], [20]]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(39 * 5);
  });
});

describe('H2 threads that share', { timeout: 60_000 }, () => {
  test.each([
    ['TokenBucket', {}],
    ['HybridLimiter', { windowMs: 3_000_000_000 }],
    ['KeyedLimiter', { maxKeys: 1_000 }],
  ])(
    '%s: a handle by workerData or postMessage; together they get exactly the burst',
    async (kind, more) => {
      const options = JSON.stringify({ kind, rate: RATE, burst: 300_000, ...more });
      await expectExactly(300_000, async () => {
        const [report] = await runProgram('threads', options);
        const { taken, mine } = report as { taken: number[]; mine: number };
        expect(taken).toHaveLength(4);
        return sum(taken) + mine;
      });
    },
  );

  test.each(onLinux ? ['a SharedArrayBuffer', 'a file'] : ['a SharedArrayBuffer'])(
    'TokenBucket: terminated in the middle of spending from %s, nothing is lost or invented',
    async (place) => {
      const start = performance.now();
      const args = place === 'a file' ? [freshPath()] : [];
      const [report] = await runProgram('workers-terminated', ...args);
      const { burst, counted, left, terminated } = report as Record<string, number>;
      const taken = (counted ?? 0) + (left ?? 0);
      expect(taken + (terminated ?? 0)).toBeGreaterThanOrEqual(burst ?? Infinity);
      expect(taken).toBeLessThanOrEqual(
        (burst ?? 0) + (RATE * (performance.now() - start)) / 1_000,
      );
    },
  );

  test.runIf(onLinux)(
    'two copies of the package in one process, by memory and by file',
    async () => {
      const half = [4, 6, false, false];
      expect(await runProgram('two-copies', temporaryFolder())).toEqual([[true, ...half, ...half]]);
    },
  );
});
