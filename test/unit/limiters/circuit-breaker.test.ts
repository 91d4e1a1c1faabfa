import { describe, expect, test } from 'vitest';
import { CircuitBreaker, type CircuitState, DisposedError } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

const OPEN = { code: 'ERR_PACEGATE_CIRCUIT_OPEN', name: 'CircuitOpenError' };

function make(options: object = {}): {
  clock: ManualClock;
  breaker: CircuitBreaker;
  states: CircuitState[];
} {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({
    minimumCalls: 4,
    windowMs: 1_000,
    openMs: 500,
    clock,
    ...options,
  });
  const states: CircuitState[] = [];
  breaker.on('stateChange', (state) => states.push(state));
  return { clock, breaker, states };
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let i = 0; i < times; i++) breaker.failure();
}

/** A call whose end the test decides. */
function pending(): {
  promise: Promise<string>;
  resolve: () => void;
  reject: (error: Error) => void;
} {
  let end: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const promise = new Promise<string>((resolve, reject) => {
    end = {
      resolve: () => {
        resolve('done');
      },
      reject,
    };
  });
  if (end === undefined) throw new Error('a promise calls at once');
  return { promise, ...end };
}

describe('a closed circuit', () => {
  test('X6 opens at the failure rate, not before there are minimumCalls results', () => {
    const { breaker, states } = make();
    fail(breaker, 3);
    expect(breaker.state).toBe('closed');
    expect(breaker.tryAcquire()).toBe(true);
    breaker.success();
    expect(breaker.state).toBe('open');
    expect(breaker.tryAcquire()).toBe(false);
    expect(states).toEqual(['open']);
    expect(breaker.retryAfterMs).toBe(500);
    expect(breaker.statistics()).toMatchObject({
      allowedCalls: 1,
      rejectedCalls: 1,
      failures: 3,
      successes: 1,
      timesOpened: 1,
    });
  });

  test('X6 stays closed below the rate', () => {
    const { breaker } = make({ failureRate: 0.6 });
    for (let i = 0; i < 50; i++) {
      breaker.success();
      breaker.failure();
    }
    expect(breaker.state).toBe('closed');
    expect(breaker.statistics()).toMatchObject({ windowCalls: 100, failureRate: 0.5 });
  });

  test('X6 forgets results that have left the window', async () => {
    const { breaker, clock } = make();
    fail(breaker, 3);
    await clock.advance(950);
    expect(breaker.statistics().windowCalls).toBe(3);
    await clock.advance(50);
    expect(breaker.statistics().windowCalls).toBe(0);
    fail(breaker, 3);
    expect(breaker.state).toBe('closed');
    breaker.failure();
    expect(breaker.state).toBe('open');
  });

  test('X6 a steady share of failures below the rate never opens it, whatever the bucket', async () => {
    const { breaker, clock } = make({ minimumCalls: 20 });
    for (let i = 0; i < 500; i++) {
      await clock.advance(37);
      if (i % 3 === 0) breaker.failure();
      else breaker.success();
      expect(breaker.statistics().windowCalls).toBeLessThanOrEqual(28);
    }
    expect(breaker.state).toBe('closed');
  });
});

describe('an open circuit', () => {
  test('X6 becomes half-open after openMs, and closes when the trials succeed', async () => {
    const { breaker, clock, states } = make({ halfOpenCalls: 2 });
    fail(breaker, 4);
    await clock.advance(499);
    expect(breaker.tryAcquire()).toBe(false);
    expect(breaker.retryAfterMs).toBe(1);
    await clock.advance(1);
    expect(breaker.state).toBe('half-open');
    expect(breaker.retryAfterMs).toBe(0);
    expect([breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()]).toEqual([
      true,
      true,
      false,
    ]);
    breaker.success();
    expect(breaker.state).toBe('half-open');
    expect(breaker.tryAcquire()).toBe(false);
    breaker.success();
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'closed']);
    expect(breaker.statistics().windowCalls).toBe(0);
  });

  test('X6 opens again at the first trial that fails, for the whole of openMs', async () => {
    const { breaker, clock, states } = make({ halfOpenCalls: 3 });
    fail(breaker, 4);
    await clock.advance(800);
    expect(breaker.tryAcquire()).toBe(true);
    breaker.failure();
    expect(breaker.state).toBe('open');
    expect(breaker.retryAfterMs).toBe(500);
    expect(states).toEqual(['open', 'half-open', 'open']);
    expect(breaker.statistics().timesOpened).toBe(2);
  });

  test('X6 results without a trial count nowhere', async () => {
    const { breaker, clock } = make();
    fail(breaker, 4);
    breaker.success();
    breaker.failure();
    await clock.advance(500);
    breaker.success();
    breaker.failure();
    expect(breaker.state).toBe('half-open');
    expect(breaker.statistics()).toMatchObject({ lateResults: 4, failures: 4, successes: 0 });
  });

  test('X6 trials that never report do not block it for ever', async () => {
    const { breaker, clock } = make({ halfOpenCalls: 2 });
    fail(breaker, 4);
    await clock.advance(500);
    const lost = breaker.begin();
    expect(breaker.tryAcquire()).toBe(true);
    await clock.advance(499);
    expect(breaker.tryAcquire()).toBe(false);
    await clock.advance(1);
    expect(breaker.tryAcquire()).toBe(true);
    expect(breaker.statistics().abandonedTrials).toBe(2);
    breaker.success();
    // It comes late, and it is a trial of this half-open time: it counts, and holds no place.
    lost?.success();
    expect(breaker.state).toBe('closed');
  });

  test('X6 a trial that is given back says nothing, and another may take its place', async () => {
    const { breaker, clock } = make();
    fail(breaker, 4);
    await clock.advance(500);
    {
      using call = breaker.begin();
      expect(call).toBeDefined();
      expect(breaker.begin()).toBeUndefined();
    }
    expect(breaker.state).toBe('half-open');
    breaker.begin()?.success();
    expect(breaker.state).toBe('closed');
  });
});

describe('run', () => {
  test('X6 gives what the call gives, and counts it', async () => {
    const { breaker } = make();
    await expect(breaker.run(() => Promise.resolve(7))).resolves.toBe(7);
    const fault = new Error('mine');
    await expect(breaker.run(() => Promise.reject(fault))).rejects.toBe(fault);
    await expect(
      breaker.run(() => {
        throw fault;
      }),
    ).rejects.toBe(fault);
    expect(breaker.statistics()).toMatchObject({ successes: 1, failures: 2, allowedCalls: 3 });
  });

  test('X6 makes no call while it is open, and says for how long', async () => {
    const { breaker, clock } = make();
    fail(breaker, 4);
    await clock.advance(100);
    let calls = 0;
    const call = (): Promise<number> => Promise.resolve(++calls);
    await expect(breaker.run(call)).rejects.toMatchObject({ ...OPEN, retryAfterMs: 400 });
    await clock.advance(400);
    const trial = pending();
    const running = breaker.run(() => trial.promise);
    await expect(breaker.run(call)).rejects.toMatchObject({ ...OPEN, retryAfterMs: 0 });
    expect(calls).toBe(0);
    trial.resolve();
    await expect(running).resolves.toBe('done');
    await expect(breaker.run(call)).resolves.toBe(1);
  });

  test('X6 a result of a call begun in an earlier state does not count', async () => {
    const { breaker, clock } = make({ halfOpenCalls: 2 });
    const slow = pending();
    const running = breaker.run(() => slow.promise);
    const slowFailure = pending();
    const failing = breaker.run(() => slowFailure.promise);
    fail(breaker, 4);
    await clock.advance(500);
    expect(breaker.tryAcquire()).toBe(true);
    slow.resolve();
    await running;
    expect(breaker.statistics()).toMatchObject({ state: 'half-open', lateResults: 1 });
    slowFailure.reject(new Error('late'));
    await expect(failing).rejects.toThrow('late');
    expect(breaker.statistics()).toMatchObject({ state: 'half-open', lateResults: 2 });
    breaker.success();
    expect(breaker.state).toBe('half-open');
    expect(breaker.tryAcquire()).toBe(true);
    breaker.success();
    expect(breaker.state).toBe('closed');
  });

  test('X6 two reports of one call count once', () => {
    const { breaker } = make();
    const call = breaker.begin();
    call?.success();
    call?.failure();
    call?.[Symbol.dispose]();
    expect(breaker.statistics()).toMatchObject({ successes: 1, failures: 0, windowCalls: 1 });
  });
});

describe('force', () => {
  test('X6 open: nothing goes through, at any time', async () => {
    const { breaker, clock, states } = make();
    breaker.force('open');
    await clock.advance(86_400_000);
    expect(breaker.state).toBe('open');
    expect(breaker.retryAfterMs).toBe(Infinity);
    await expect(breaker.run(() => Promise.resolve(1))).rejects.toMatchObject(OPEN);
    expect(breaker.statistics().isForced).toBe(true);
    breaker.force(undefined);
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'closed']);
    expect(breaker.statistics().isForced).toBe(false);
  });

  test('X6 closed: everything goes through, whatever fails; afterwards it begins anew', () => {
    const { breaker, states } = make();
    fail(breaker, 4);
    breaker.force('closed');
    fail(breaker, 100);
    expect(breaker.tryAcquire()).toBe(true);
    expect(breaker.statistics()).toMatchObject({ state: 'closed', failureRate: 1 });
    breaker.force(undefined);
    fail(breaker, 3);
    expect(breaker.state).toBe('closed');
    breaker.failure();
    expect(breaker.state).toBe('open');
    expect(states).toEqual(['open', 'closed', 'open']);
  });

  test('X6 half-open: so many calls at a time, and results do not end it', () => {
    const { breaker } = make({ halfOpenCalls: 2 });
    breaker.force('half-open');
    for (let i = 0; i < 10; i++) {
      expect([breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()]).toEqual([
        true,
        true,
        false,
      ]);
      breaker.failure();
      breaker.success();
    }
    expect(breaker.state).toBe('half-open');
  });

  test('X6 may be called by a listener', () => {
    const { breaker, states } = make();
    breaker.on('stateChange', (state) => {
      if (state === 'open') breaker.force('closed');
    });
    fail(breaker, 4);
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'closed']);
  });
});

describe('CircuitBreaker refuses', () => {
  test.each([
    [{ failureRate: 0 }, 'failureRate'],
    [{ failureRate: 1.1 }, 'failureRate'],
    [{ minimumCalls: 0 }, 'minimumCalls'],
    [{ minimumCalls: 1.5 }, 'minimumCalls'],
    [{ windowMs: 0 }, 'windowMs'],
    [{ windowMs: Infinity }, 'windowMs'],
    [{ openMs: 0 }, 'openMs'],
    [{ halfOpenCalls: 0 }, 'halfOpenCalls'],
    [{ clock: 1 }, 'clock'],
    [{ timeout: 1 }, 'timeout'],
    [null, 'options'],
  ])('X6 options %o', (options, part) => {
    const refused = expect.objectContaining({
      code: expect.stringMatching(/OUT_OF_RANGE|INVALID_ARGUMENT/) as string,
      message: expect.stringContaining(part) as string,
    }) as Error;
    expect(() => Reflect.construct(CircuitBreaker, [options]) as unknown).toThrow(refused);
  });

  test('X6 wrong arguments, and changes nothing', async () => {
    const { breaker } = make();
    const wrong = { code: 'ERR_PACEGATE_INVALID_ARGUMENT' };
    expect(() => {
      breaker.force('ajar' as 'open');
    }).toThrow(/'closed', 'open'/);
    await expect(breaker.run(5 as never)).rejects.toMatchObject(wrong);
    expect(() => breaker.on('stateChanged' as never, () => 1)).toThrow(/stateChange/);
    expect(breaker.statistics()).toMatchObject({ allowedCalls: 0, isForced: false });
  });

  test('X6 everything after dispose; calls under way end as they would', async () => {
    const { breaker, states } = make();
    const call = pending();
    const running = breaker.run(() => call.promise);
    breaker[Symbol.dispose]();
    breaker[Symbol.dispose]();
    call.resolve();
    await expect(running).resolves.toBe('done');
    for (const use of [
      () => breaker.state,
      () => breaker.retryAfterMs,
      () => breaker.tryAcquire(),
      () => {
        breaker.success();
      },
      () => {
        breaker.failure();
      },
      () => {
        breaker.force('open');
      },
      () => breaker.begin(),
      () => breaker.statistics(),
    ]) {
      expect(use).toThrow(DisposedError);
    }
    await expect(breaker.run(() => Promise.resolve(1))).rejects.toThrow(DisposedError);
    expect(states).toEqual([]);
  });

  test('X6 defaults work on the system clock', () => {
    using breaker = new CircuitBreaker();
    fail(breaker, 9);
    expect(breaker.state).toBe('closed');
    breaker.failure();
    expect(breaker.state).toBe('open');
    expect(breaker.retryAfterMs).toBeGreaterThan(5_000);
  });
});
