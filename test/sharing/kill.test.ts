import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../lib/index.js';
import { temporaryFolder } from '../unit/limiters/sharing/fresh-path.js';
import { startProgram } from './start-program.js';

const RUN_MS = 10_000;
const KILL_EVERY_MS = 50;

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

test.runIf(process.platform === 'linux')(
  'H2 4 processes on a mapped bucket, one killed -9 every 50 ms for 10 s: no token too many, none lost',
  async () => {
    const folder = temporaryFolder();
    const log = path.join(folder, 'log');
    writeFileSync(log, '');
    // Empty at first and never full, so that each token granted moves the time of being full by one period, and
    // nothing else does.
    const rate = 2_000;
    const periodNs = 1e9 / rate;
    const options = {
      rate,
      burst: 200_000,
      initialTokens: 0,
      share: { file: path.join(folder, 'limit') },
    };
    const start = Number(process.hrtime.bigint());
    using bucket = new TokenBucket(options);
    const fullAtStart = fullAtNs(bucket);

    const spender = () => startProgram('spender', JSON.stringify(options), log);
    const spenders = [spender(), spender(), spender(), spender()];
    await Promise.all(spenders.map((each) => once(each, 'message')));
    let killed = 0;
    const end = performance.now() + RUN_MS;
    while (performance.now() < end) {
      await sleep(KILL_EVERY_MS);
      // By lot: some live longer than others, and some have not begun.
      const place = Math.floor(Math.random() * spenders.length);
      spenders[place]?.kill('SIGKILL');
      spenders[place] = spender();
      killed++;
    }
    for (const each of spenders) {
      const gone = once(each, 'exit');
      each.kill('SIGKILL');
      await gone;
      killed++;
    }

    const fullAtEnd = fullAtNs(bucket);
    const elapsedNs = Number(process.hrtime.bigint()) - start;
    const grantedAtMost = Math.floor((fullAtEnd.latest - fullAtStart.earliest) / periodNs);
    const grantedAtLeast = Math.ceil((fullAtEnd.earliest - fullAtStart.latest) / periodNs);
    const written = statSync(log).size;
    expect(written).toBeGreaterThan(100);
    expect(written).toBeLessThanOrEqual(grantedAtMost);
    expect(written + killed).toBeGreaterThanOrEqual(grantedAtLeast);
    expect(grantedAtLeast * periodNs).toBeLessThanOrEqual(elapsedNs);
  },
  60_000,
);
