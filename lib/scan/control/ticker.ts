import { type Clock, systemClock } from '../../internal/clock.js';

/**
 * Calls `call` every `intervalMs` of `clock`. On the system's clock it does not keep the process alive; on another
 * clock, what sleeping on that clock does.
 *
 * @returns ends it: `call` is not called again
 */
export function every(clock: Clock, intervalMs: number, call: () => void): () => void {
  if (clock === systemClock) {
    const timer = setInterval(call, intervalMs);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  }
  const controller = new AbortController();
  const { signal } = controller;
  const loop = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(intervalMs, signal);
      if (signal.aborted) return;
      call();
    }
  };
  loop().catch((error: unknown) => {
    if (signal.aborted) return;
    queueMicrotask(() => {
      throw error;
    });
  });
  return () => {
    controller.abort();
  };
}
