import { PacegateError } from '../../internal/errors.js';

/** A call was not made because the circuit breaker is open, or half-open and trying enough calls already. */
export class CircuitOpenError extends PacegateError {
  override name = 'CircuitOpenError';
  /** Milliseconds until it lets calls through to try; 0 when it is trying some, Infinity when it is held open. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    const when = retryAfterMs === Infinity ? 'held open' : `open for ${retryAfterMs} ms more`;
    const state = retryAfterMs === 0 ? 'half-open, and its trial calls are under way' : when;
    super('ERR_PACEGATE_CIRCUIT_OPEN', `the circuit breaker is ${state}`);
    this.retryAfterMs = retryAfterMs;
  }
}
