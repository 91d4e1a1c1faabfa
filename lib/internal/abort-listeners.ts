/** The one listener of a signal, and what it calls. */
interface Dispatcher {
  readonly calls: Set<() => void>;
  readonly dispatch: () => void;
}

const dispatchers = new WeakMap<AbortSignal, Dispatcher>();

/**
 * Calls `call` once when `signal` is aborted. However many wait, the signal has one listener: Node warns of a leak
 * from the eleventh on.
 *
 * @param call - not used for the same signal twice at a time
 * @returns ends the arrangement; no effect once it is over
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const dispatcher = dispatchers.get(signal) ?? listenTo(signal);
  dispatcher.calls.add(call);
  return () => {
    if (!dispatcher.calls.delete(call) || dispatcher.calls.size > 0) return;
    signal.removeEventListener('abort', dispatcher.dispatch);
    if (dispatchers.get(signal) === dispatcher) dispatchers.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Dispatcher {
  const calls = new Set<() => void>();
  const dispatch = (): void => {
    dispatchers.delete(signal);
    for (const call of calls) {
      calls.delete(call);
      call();
    }
  };
  const dispatcher = { calls, dispatch };
  dispatchers.set(signal, dispatcher);
  signal.addEventListener('abort', dispatch, { once: true });
  return dispatcher;
}
