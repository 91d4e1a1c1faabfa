import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConnectOutcome, ConnectProbe } from '../../../lib/scan/engines/connect-probe.js';
import { judgeError } from '../../../lib/scan/engines/connect-probe.js';
import { ConnectScan } from '../../../lib/scan/engines/connect-scan.js';
import { NO_HOSTGROUP } from '../../../lib/scan/hosts/host-options.js';
import type { ScanResult } from '../../../lib/scan/result.js';
import type { ScanPlan } from '../../../lib/scan/scan-plan.js';
import { TokenBucket } from '../../../lib/limiters/token-bucket.js';
import { totalSize } from '../../../lib/scan/targets/address-range.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function plan(overrides: Partial<ScanPlan> = {}): ScanPlan {
  const merged = {
    technique: 'connect' as const,
    ranges: [{ family: 4 as const, first: 0x0a000000n, last: 0x0a000003n }],
    addresses: 4,
    ports: Uint16Array.from({ length: 25 }, (_, i) => i + 1),
    rate: 1000,
    precision: 'balanced' as const,
    catchUpMs: 10,
    retries: 2,
    timeoutMs: 100,
    seed: 1,
    interfaceName: '',
    autoRate: false,
    backend: 'auto' as const,
    backoff: {
      adaptiveRate: false,
      backoffLimitMs: 60_000,
      maxTargetRate: 0,
      maxPrefixRate: { rate: 0, prefixV4: 24, prefixV6: 64 },
    },
    states: ['open', 'closed', 'filtered', 'unknown'] as const,
    firstPosition: 0,
    hosts: NO_HOSTGROUP,
    startPosition: 0,
    hostProgress: [],
    settledBefore: overrides.startPosition ?? 0,
    planHash: '',
    ...overrides,
  };
  return { endPosition: Number(totalSize(merged.ranges)) * merged.ports.length, ...merged };
}

const OPEN: ConnectOutcome = { kind: 'answer', state: 'open', reason: 'syn-ack', rttMs: 1 };
const CLOSED: ConnectOutcome = {
  kind: 'answer',
  state: 'closed',
  reason: 'conn-refused',
  rttMs: 1,
};

interface World {
  answer: (probe: ConnectProbe, attempt: number) => ConnectOutcome;
  delayMs?: number;
  maxConcurrent?: number;
  clock?: ManualClock;
}

/** A connect scan in a world of its own clock, and what it did. */
class Run {
  readonly clock: ManualClock;
  readonly attempts = new Map<string, number>();
  readonly times: number[] = [];
  readonly warnings: string[] = [];
  readonly results: ScanResult[] = [];
  readonly engine: ConnectScan;
  underWay = 0;
  mostUnderWay = 0;

  constructor(world: World, overrides: Partial<ScanPlan> = {}) {
    this.clock = world.clock ?? new ManualClock();
    this.engine = new ConnectScan(plan(overrides), {
      clock: this.clock,
      maxConcurrent: world.maxConcurrent ?? 1000,
      localAddresses: {},
      onWarning: (message) => this.warnings.push(message),
      connector: (probe) => this.#attempt(probe, world),
    });
  }

  async #attempt(probe: ConnectProbe, world: World): Promise<ConnectOutcome> {
    const pair = `${probe.address} ${probe.port}`;
    const attempt = (this.attempts.get(pair) ?? 0) + 1;
    this.attempts.set(pair, attempt);
    this.times.push(Number(this.clock.nowNs()) / 1e6);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const outcome = world.answer(probe, attempt);
    await this.clock.sleep(outcome.kind === 'timeout' ? probe.timeoutMs : (world.delayMs ?? 1));
    this.underWay -= 1;
    return outcome;
  }

  get phase(): string {
    return this.engine.counters().phase;
  }

  /** Moves the clock until the scan has ended, draining as a reader would. */
  async finish(maxMs = 60_000): Promise<this> {
    for (let ms = 0; ms < maxMs && this.phase !== 'done' && this.phase !== 'stopped'; ms += 10) {
      await this.clock.advance(10);
      this.results.push(...this.engine.drain(10_000));
    }
    this.results.push(...this.engine.drain(10_000));
    this.engine.close();
    return this;
  }
}

const pairs = (results: readonly ScanResult[]) =>
  results.map(({ address, port }) => `${address} ${port}`);

describe('the connect technique', () => {
  it('P11 gives every pair exactly one result', async () => {
    const run = new Run({ answer: ({ port }) => (port === 7 ? OPEN : CLOSED) });
    run.engine.start();
    await run.finish();
    expect(run.phase).toBe('done');
    expect(new Set(pairs(run.results)).size).toBe(100);
    expect(run.results).toHaveLength(100);
    expect(run.results.filter(({ state }) => state === 'open').map(({ port }) => port)).toEqual([
      7, 7, 7, 7,
    ]);
    expect(run.engine.counters()).toMatchObject({
      sent: 100,
      open: 4,
      closed: 96,
      positionsSettled: 100,
      resumePosition: 100,
    });
  });

  it('paces attempts: never more than the rate and its small burst, and no less on the whole', async () => {
    const run = new Run({ answer: () => CLOSED }, { rate: 200 });
    run.engine.start();
    await run.finish();
    const { times } = run;
    expect(times).toHaveLength(100);
    for (const [i, start] of times.entries()) {
      const within = times.slice(i).filter((time) => time < start + 100).length;
      expect(within).toBeLessThanOrEqual(20 + 2);
    }
    const elapsed = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(elapsed).toBeGreaterThan(99 * 5 - 11);
    expect(elapsed).toBeLessThan(99 * 5 + 11);
  });

  it('P11 takes a token of its limiter for each attempt, which several scans may share', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 50, burst: 10, clock });
    const silent: World = { answer: () => ({ kind: 'timeout' }), clock };
    const runs = [1, 2].map(() => new Run(silent, { limiter, retries: 0 }));
    for (const { engine } of runs) engine.start();
    await Promise.all([clock.advance(3000), clock.advance(0)]);
    const attempts = () => runs.reduce((sum, { times }) => sum + times.length, 0);
    expect(attempts()).toBe(10 + 50 * 3);
    limiter.setRate(1000);
    for (const run of runs) {
      await run.finish();
      expect(new Set(pairs(run.results)).size).toBe(100);
      expect(run.engine.counters().limiterWaits).toBeGreaterThan(10);
    }
    expect(attempts()).toBe(200);
    expect(limiter.statistics().allowedRequests).toBe(200);
  });

  it('P11 takes no token it does not use, whatever comes while it waits', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1, burst: 5, clock });
    const run = new Run({ answer: () => CLOSED, clock }, { limiter, rate: 2 });
    run.engine.start();
    await clock.advance(10_500); // five at once by two a second, then one a second
    expect(run.times).toHaveLength(15);
    for (let i = 0; i < 100; i++) run.engine.setRate(2 + i);
    run.engine.pause();
    await clock.advance(2000);
    run.engine.resume();
    await clock.advance(100);
    expect(run.times).toHaveLength(17);
    run.engine.stop();
    await run.finish();
    expect(run.phase).toBe('stopped');
    await clock.advance(900);
    expect(limiter.availableTokens()).toBeCloseTo(1.51);
    expect(limiter.statistics().allowedRequests).toBe(17);
  });

  it('takes another rate with its burst, and pays what it owes', async () => {
    const run = new Run({ answer: () => CLOSED, delayMs: 500 }, { rate: 100_000 });
    run.engine.pause();
    run.engine.start();
    await run.clock.advance(1000); // the bucket fills: a thousand tokens
    run.engine.setRate(10);
    run.engine.resume();
    await run.clock.advance(1000);
    expect(run.times.length).toBeLessThanOrEqual(2 + 10);
    expect(run.times.length).toBeGreaterThanOrEqual(10);

    // However often it changes, a wait for a token comes to its end.
    const before = run.times.length;
    for (let step = 0; step < 100; step++) {
      run.engine.setRate(10 + (step % 2));
      await run.clock.advance(20);
    }
    expect(run.times.length - before).toBeGreaterThanOrEqual(19);
    expect(run.times.length - before).toBeLessThanOrEqual(23);
    expect(run.engine.counters().targetRate).toBe(11);
    run.engine.setRate(100_000);
    await run.finish();
    expect(run.results).toHaveLength(100);
  });

  it.each([0, 1, 3])('repeats a silent target exactly %i times', async (retries) => {
    const run = new Run({ answer: () => ({ kind: 'timeout' }) }, { retries });
    run.engine.start();
    await run.finish();
    expect([...run.attempts.values()].every((attempts) => attempts === retries + 1)).toBe(true);
    expect(run.results).toHaveLength(100);
    expect(
      run.results.every(({ state, reason }) => state === 'filtered' && reason === 'no-response'),
    ).toBe(true);
    expect(run.engine.counters()).toMatchObject({
      sent: 100 * (retries + 1),
      noResponse: 100,
      filtered: 100,
    });
  });

  it('is draining from the last new pair on: what is left has only time-outs to wait for', async () => {
    const run = new Run({ answer: () => ({ kind: 'timeout' }) }, { timeoutMs: 5000, retries: 1 });
    run.engine.start();
    await run.clock.advance(50);
    expect(run.phase).toBe('sending');
    await run.clock.advance(100);
    expect(run.times).toHaveLength(100);
    expect(run.phase).toBe('draining');
    await run.finish();
    expect(run.phase).toBe('done');
    expect(run.times).toHaveLength(200);
  });

  it('takes the answer to a repeated attempt', async () => {
    const run = new Run({ answer: (_, attempt) => (attempt === 2 ? OPEN : { kind: 'timeout' }) });
    run.engine.start();
    await run.finish();
    expect(run.engine.counters()).toMatchObject({ open: 100, filtered: 0, sent: 200 });
  });

  it('holds no more connections than allowed', async () => {
    const run = new Run(
      { answer: () => ({ kind: 'timeout' }), maxConcurrent: 8 },
      { rate: 100_000 },
    );
    run.engine.start();
    await run.finish();
    expect(run.mostUnderWay).toBe(8);
    expect(run.results).toHaveLength(100);
  });

  it('H6 loses no task when descriptors run out: fewer at once, and the attempt again', async () => {
    const run: Run = new Run(
      {
        answer: () => (run.underWay > 10 ? { kind: 'busy', code: 'EMFILE' } : CLOSED),
        delayMs: 20,
      },
      { rate: 100_000 },
    );
    run.engine.start();
    await run.finish();
    expect(new Set(pairs(run.results)).size).toBe(100);
    expect(run.results.every(({ state }) => state === 'closed')).toBe(true);
    const counters = run.engine.counters();
    expect(counters.sent).toBe(100);
    expect(counters.busyRetries).toBeGreaterThan(0);
    expect(run.warnings).toEqual([expect.stringContaining('EMFILE')]);
  });

  it('H6 ends as unknown what this host can never send', async () => {
    const run = new Run({ answer: () => ({ kind: 'busy', code: 'EADDRNOTAVAIL' }) });
    run.engine.start();
    await run.finish();
    expect(run.phase).toBe('done');
    expect(run.results).toHaveLength(100);
    expect(
      run.results.every(({ state, reason }) => state === 'unknown' && reason === 'send-failed'),
    ).toBe(true);
  });

  it('H6 accounts for every task exactly once, whatever its attempts come to', async () => {
    const outcomes: ConnectOutcome[] = [
      OPEN,
      CLOSED,
      { kind: 'timeout' },
      { kind: 'busy', code: 'EMFILE' },
      { kind: 'answer', state: 'filtered', reason: 'host-unreach' },
    ];
    const script = fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        script,
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        async (answers, maxConcurrent, seed) => {
          let next = 0;
          const answer = () => answers[next++ % answers.length] ?? CLOSED;
          const run = new Run({ answer, maxConcurrent }, { seed, rate: 5000 });
          run.engine.start();
          // One at a time, and each refused, timed out and refused again: that takes over a minute.
          await run.finish(600_000);
          expect(run.phase).toBe('done');
          expect(run.results).toHaveLength(100);
          expect(new Set(pairs(run.results)).size).toBe(100);
          const { open, closed, filtered, unknown, positionsSettled } = run.engine.counters();
          expect(open + closed + filtered + unknown).toBe(100);
          expect(positionsSettled).toBe(100);
        },
      ),
      {
        numRuns: 40,
        examples: [
          [
            [
              { kind: 'busy', code: 'EMFILE' },
              { kind: 'timeout' },
              { kind: 'busy', code: 'EMFILE' },
            ],
            1,
            0,
          ],
        ],
      },
    );
  });

  it('pauses and goes on', async () => {
    const run = new Run({ answer: () => CLOSED }, { rate: 1000 });
    run.engine.start();
    await run.clock.advance(30);
    run.engine.pause();
    await run.clock.advance(10);
    const sent = run.times.length;
    await run.clock.advance(1000);
    expect(run.times).toHaveLength(sent);
    run.engine.resume();
    await run.finish();
    expect(run.results).toHaveLength(100);
  });

  it('stops: no further attempt, answers under way are kept, the rest can be resumed', async () => {
    const first = new Run({ answer: () => CLOSED, delayMs: 15 });
    first.engine.start();
    await first.clock.advance(40);
    first.engine.stop();
    const sent = first.times.length;
    await first.finish();
    expect(first.phase).toBe('stopped');
    expect(first.times).toHaveLength(sent);
    expect(first.results).toHaveLength(sent);
    const { resumePosition } = first.engine.counters();
    expect(resumePosition).toBe(sent);

    const second = new Run({ answer: () => CLOSED }, { startPosition: resumePosition });
    second.engine.start();
    await second.finish();
    const all = [...pairs(first.results), ...pairs(second.results)];
    expect(all).toHaveLength(100);
    expect(new Set(all).size).toBe(100);
    expect(second.engine.counters()).toMatchObject({ positionsSettled: 100, resumePosition: 100 });
  });

  it('resumes at the lowest pair that is not settled', async () => {
    let launched = 0;
    // The third attempt stays silent, everything else is answered at once.
    const run = new Run(
      { answer: () => (++launched === 3 ? { kind: 'timeout' } : CLOSED) },
      { timeoutMs: 100_000 },
    );
    run.engine.start();
    await run.clock.advance(1000);
    expect(run.engine.counters()).toMatchObject({ positionsSettled: 99, resumePosition: 2 });
    run.engine.close();
  });

  it('holds back while results wait to be read', async () => {
    const run = new Run(
      { answer: () => CLOSED },
      { ports: Uint16Array.from({ length: 5000 }, (_, i) => i), rate: 1_000_000 },
    );
    run.engine.start();
    for (let i = 0; i < 100; i++) await run.clock.advance(1);
    expect(run.times.length).toBeLessThan(4096 + 1001);
    expect(run.phase).toBe('sending');
    await run.finish();
    expect(run.results).toHaveLength(20_000);
  });

  it('counts what it does not report', async () => {
    const run = new Run(
      { answer: ({ port }) => (port === 7 ? OPEN : CLOSED) },
      { states: ['open'] },
    );
    run.engine.start();
    await run.finish();
    expect(run.results).toHaveLength(4);
    expect(run.engine.counters()).toMatchObject({ open: 4, closed: 96 });
  });

  it('names the interface of a link-local address', async () => {
    const seen: string[] = [];
    const answer = ({ address }: ConnectProbe) => {
      seen.push(address);
      return CLOSED;
    };
    const first = 0xfe800000000000000000000000000001n;
    const run = new Run(
      { answer },
      {
        ranges: [{ family: 6, first, last: first }],
        ports: Uint16Array.of(80),
        interfaceName: 'eth7',
      },
    );
    run.engine.start();
    await run.finish();
    expect(seen).toEqual(['fe80::1%eth7']);
    expect(run.results[0]?.address).toBe('fe80::1');
  });
});

describe('errors of connect(2)', () => {
  it.each([
    ['ECONNREFUSED', 'closed', 'conn-refused'],
    ['ECONNRESET', 'open', 'syn-ack'],
    ['EHOSTUNREACH', 'filtered', 'host-unreach'],
    ['ENETUNREACH', 'filtered', 'net-unreach'],
    ['EACCES', 'filtered', 'admin-prohibited'],
    ['EPERM', 'filtered', 'admin-prohibited'],
    ['EINVAL', 'unknown', 'send-failed'],
    ['', 'unknown', 'send-failed'],
  ])('%s means %s, %s', (code, state, reason) => {
    expect(judgeError(code)).toEqual({ kind: 'answer', state, reason });
  });

  it('tell what only this host lacks, and what is silence', () => {
    for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS']) {
      expect(judgeError(code)).toEqual({ kind: 'busy', code });
    }
    expect(judgeError('ETIMEDOUT')).toEqual({ kind: 'timeout' });
  });
});
