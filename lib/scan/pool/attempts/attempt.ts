// One attempt at a task, ended by its answer, its time-out or its signal, whichever comes first.

import { onAbort } from '../../../internal/abort-listeners.js';
import { nsFromMs } from '../../../internal/duration.js';
import { PacegateError } from '../../../internal/errors.js';
import { systemTimer, type AlarmClock } from '../../../internal/system-timer.js';
import { judgeError } from '../../engines/connect-probe.js';
import type { ProbeAnswer } from '../scan-task.js';

/** What became of an attempt. `busy`: this host could not make it now, and nothing was learnt. */
export type AttemptOutcome =
  | { readonly kind: 'answer'; readonly answer: ProbeAnswer }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'busy'; readonly error?: unknown };

/** Makes an attempt; what it throws is judged by {@link judgeThrown}. */
export type AttemptCall = (signal: AbortSignal) => AttemptOutcome | Promise<AttemptOutcome>;

/** Counts calls that run on though nobody waits for them any more. */
export interface OverdueCount {
  overdue: number;
}

/**
 * Runs `call` with a signal of its own.
 *
 * @throws (rejects) `signal.reason` when `signal` is aborted; the call is told, and not waited for
 */
export function attempt(
  call: AttemptCall,
  timeoutMs: number,
  signal: AbortSignal,
  alarms: AlarmClock,
  counts: OverdueCount,
): Promise<AttemptOutcome> {
  return new Promise((resolve, reject) => {
    const own = new AbortController();
    let isOver = false;
    let hasEnded = false;
    const close = (): void => {
      isOver = true;
      alarm.cancel();
      forget();
    };
    const abandon = (reason: unknown): void => {
      close();
      own.abort(reason);
      // A call that heeds its signal ends within this turn; only one that does not is overdue.
      setImmediate(() => {
        if (hasEnded) return;
        counts.overdue += 1;
        void ending.then(() => {
          counts.overdue -= 1;
        });
      });
    };
    const forget = onAbort(signal, () => {
      reject(signal.reason as Error);
      abandon(signal.reason);
    });
    const deadlineNs = alarms.nowNs() + nsFromMs(timeoutMs);
    const giveUp = (): void => {
      if (isOver) return;
      resolve({ kind: 'timeout' });
      abandon(timedOut(timeoutMs));
    };
    const alarm = alarms.set(
      deadlineNs,
      () => {
        // Timers come before what sockets have received: where the program kept the event loop busy, the answer may be
        // there already. A clock of the caller's is moved by hand, and its time is up at once.
        if (alarms === systemTimer) setImmediate(giveUp);
        else giveUp();
      },
      (error) => {
        resolve({ kind: 'error', error });
        abandon(error);
      },
    );
    const ending = settled(call, own.signal).then((outcome) => {
      hasEnded = true;
      if (isOver) return;
      close();
      resolve(outcome);
    });
  });
}

async function settled(call: AttemptCall, signal: AbortSignal): Promise<AttemptOutcome> {
  try {
    return await call(signal);
  } catch (error) {
    return judgeThrown(error);
  }
}

/** Causes looked through: fetch() wraps the socket's error once, an HTTP library may once more. */
const MAX_CAUSES = 4;

/** Errors of a host that is out of descriptors or local ports are no fault of the task's. */
export function judgeThrown(error: unknown): AttemptOutcome {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code === 'string' && judgeError(code).kind === 'busy')
      return { kind: 'busy', error };
    cause = cause.cause;
  }
  return { kind: 'error', error };
}

function timedOut(timeoutMs: number): Error {
  return new PacegateError('ERR_PACEGATE_TIMED_OUT', `the probe gave no answer in ${timeoutMs} ms`);
}
