// Tells, once, that a scan does not reach the rate it should.

import type { EngineCounters } from './engines/scan-engine.js';

/** What is compared from one look to the next. */
type Figures = Pick<
  EngineCounters,
  'phase' | 'sent' | 'sendFailures' | 'busyRetries' | 'forgone' | 'limiterWaits' | 'backoff'
>;

/**
 * Looks at what was sent in windows of half a second (longer where two packets take longer), while there are new pairs
 * or such as wait for a cap or a silence. Two windows in a row below the rate are no hiccup.
 */
export class MinRateWatch {
  readonly #minRate: number;
  readonly #windowMs: number;
  readonly #nowMs: () => number;
  #hasMissed = false;
  #since: { readonly atMs: number; readonly figures: Figures } | undefined;
  #isOver: boolean;

  /** @param minRate - undefined: nothing is ever told */
  constructor(minRate: number | undefined, nowMs: () => number) {
    this.#minRate = minRate ?? 0;
    this.#windowMs = Math.max(500, 2000 / this.#minRate);
    this.#nowMs = nowMs;
    this.#isOver = minRate === undefined;
  }

  /** What was sent so far says nothing: the scan was paused, or the rate has changed. */
  reset(): void {
    this.#since = undefined;
    this.#hasMissed = false;
  }

  /** @returns what to warn of, at most once */
  look(figures: Figures): string | undefined {
    if (this.#isOver) return undefined;
    if (figures.phase !== 'sending' && !isParked(figures)) {
      this.reset();
      return undefined;
    }
    const atMs = this.#nowMs();
    const elapsedMs = atMs - (this.#since?.atMs ?? atMs);
    const before = this.#since?.figures;
    if (before !== undefined && elapsedMs < this.#windowMs) return undefined;
    this.#since = { atMs, figures };
    const hadMissed = this.#hasMissed;
    this.#hasMissed =
      before !== undefined && !this.#isReached(figures.sent - before.sent, elapsedMs);
    if (before === undefined || !hadMissed || !this.#hasMissed) return undefined;
    this.#isOver = true;
    const rate = ((figures.sent - before.sent) * 1000) / elapsedMs;
    return `sent ${rate.toPrecision(3)} packets/s, below minRate ${this.#minRate}: ${reason(before, figures)}`;
  }

  /** A window's edge may fall between two packets, hence the one; and sending has its jitter, hence the hundredth. */
  #isReached(sent: number, elapsedMs: number): boolean {
    return sent + 1 >= (this.#minRate * elapsedMs * 0.99) / 1000;
  }
}

/** Pairs that were taken up and may not be asked yet. */
function isParked({ phase, backoff }: Figures): boolean {
  return phase === 'draining' && backoff.parked > 0;
}

function reason(before: Figures, after: Figures): string {
  if (after.sendFailures > before.sendFailures) return 'the system refused packets';
  if (after.busyRetries > before.busyRetries) return 'the device or this host had no room for more';
  if (after.limiterWaits > before.limiterWaits) return 'the limiter had no token for more';
  if (after.forgone > before.forgone) return 'the sending thread could not keep up';
  const { parked, targets } = after.backoff;
  if (parked > 0 && targets > 0) return 'targets that asked for less are left alone (adaptiveRate)';
  if (parked > 0) return 'pairs wait for a cap (maxTargetRate, maxPrefixRate)';
  return 'the scan waited for answers, or for its results to be read';
}
