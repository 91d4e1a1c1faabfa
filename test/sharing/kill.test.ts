import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HybridLimiter, KeyedLimiter, TokenBucket } from '../../lib/index.js';
import { temporaryFolder } from '../unit/limiters/sharing/fresh-path.js';
import { startProgram } from './start-program.js';

const KILL_EVERY_MS = 50;

/** What four processes got from a limiter while one of them was killed every 50 ms, and replaced. */
interface Spoils {
  /** Tokens they have written down: none that they did not get, and at most one too few per kill. */
  written: number;
  killed: number;
}

async function spendUnderFire(options: object, runMs: number): Promise<Spoils> {
  const log = path.join(temporaryFolder(), 'log');
  writeFileSync(log, '');
  const spender = () => startProgram('spender', JSON.stringify(options), log);
  const spenders = [spender(), spender(), spender(), spender()];
  await Promise.all(spenders.map((each) => once(each, 'message')));
  let killed = 0;
  const end = performance.now() + runMs;
  while (performance.now() < end) {
    await sleep(KILL_EVERY_MS);
    // By lot: some live longer than others, and some have not begun.
    const place = Math.floor(Math.random() * spenders.length);
    spenders[place]?.kill('SIGKILL');
    spenders[place] = spender();
    killed++;
  }
  const ends = spenders.map((each) => once(each, 'exit'));
  for (const each of spenders) each.kill('SIGKILL');
  await Promise.all(ends);
  return { written: statSync(log).size, killed: killed + spenders.length };
}

/** When the bucket will be full if nobody takes anything, to a few microseconds. */
function fullAtNs(bucket: TokenBucket): { earliest: number; latest: number } {
  for (;;) {
    const before = process.hrtime.bigint();
    const resetNs = bucket.peek(0).resetMs * 1e6;
    const after = process.hrtime.bigint();
    // Interrupted in between? Once more.
    if (after - before > 20_000n) continue;
    return { earliest: Number(before) + resetNs - 1, latest: Number(after) + resetNs + 1 };
  }
}

const onLinux = process.platform === 'linux';

describe.runIf(onLinux)('H2 4 processes, one killed -9 every 50 ms', { timeout: 60_000 }, () => {
  test('for 10 s, a TokenBucket in a file: no token too many, none lost', async () => {
    // Empty at first and never full, so that each token granted moves the time of being full by one period, and
    // nothing else does.
    const rate = 2_000;
    const periodNs = 1e9 / rate;
    const share = { file: path.join(temporaryFolder(), 'limit') };
    const options = { rate, burst: 200_000, initialTokens: 0, share };
    const start = Number(process.hrtime.bigint());
    using bucket = new TokenBucket(options);
    const fullAtStart = fullAtNs(bucket);
    const { written, killed } = await spendUnderFire(options, 10_000);
    const fullAtEnd = fullAtNs(bucket);
    const elapsedNs = Number(process.hrtime.bigint()) - start;
    const grantedAtMost = Math.floor((fullAtEnd.latest - fullAtStart.earliest) / periodNs);
    const grantedAtLeast = Math.ceil((fullAtEnd.earliest - fullAtStart.latest) / periodNs);
    expect(written).toBeGreaterThan(100);
    expect(written).toBeLessThanOrEqual(grantedAtMost);
    expect(written + killed).toBeGreaterThanOrEqual(grantedAtLeast);
    expect(grantedAtLeast * periodNs).toBeLessThanOrEqual(elapsedNs);
  });

  /** Hardly any token comes while the test runs. */
  const hardly = { rate: 0.1, burst: 200_000 };
  const inFile = () => ({ share: { file: path.join(temporaryFolder(), 'limit') } });

  async function expectTheBurst(options: object, tryAcquire: () => boolean): Promise<void> {
    const start = performance.now();
    const { written, killed } = await spendUnderFire(options, 2_000);
    let taken = written;
    while (tryAcquire()) taken++;
    expect(written).toBeGreaterThan(100);
    expect(taken + killed).toBeGreaterThanOrEqual(hardly.burst);
    const refilled = (hardly.rate * (performance.now() - start)) / 1_000;
    expect(taken).toBeLessThanOrEqual(hardly.burst + refilled);
  }

  test('a HybridLimiter: the burst to the unit, but for what the killed had in hand', async () => {
    const options = { ...hardly, ...inFile(), windowMs: hardly.burst * 10_000 };
    using limiter = new HybridLimiter(options);
    await expectTheBurst({ kind: 'HybridLimiter', ...options }, () => limiter.tryAcquire());
  });

  test('a key of a KeyedLimiter whose rate goes up and down: its burst and the higher rate', async () => {
    const options = { rate: 2_000, burst: 500, maxKeys: 1_000, ...inFile() };
    using limiter = new KeyedLimiter(options);
    const start = performance.now();
    let isSlow = false;
    const change = setInterval(() => {
      isSlow = !isSlow;
      limiter.setRate(isSlow ? 20 : options.rate);
    }, 20);
    const { written } = await spendUnderFire({ kind: 'KeyedLimiter', ...options }, 2_000);
    clearInterval(change);
    const refilled = (options.rate * (performance.now() - start)) / 1_000;
    expect(written).toBeGreaterThan(100);
    expect(written).toBeLessThanOrEqual(options.burst + refilled);
  });

  test('a key of a KeyedLimiter: the same', async () => {
    const options = { ...hardly, ...inFile(), maxKeys: 1_000 };
    using limiter = new KeyedLimiter(options);
    await expectTheBurst({ kind: 'KeyedLimiter', ...options }, () => limiter.tryAcquire('a key'));
  });
});
