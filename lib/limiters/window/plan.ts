import { type NativeHandle, native, SCRATCH } from '../../internal/binding.js';
import type { Plannable } from '../waiting/planned-line.js';

const { scratch } = native;

/**
 * What a line needs of a native limiter.
 *
 * @param handle - the limiter's, alive whenever the line uses it
 */
export function planOn(handle: () => NativeHandle): Plannable {
  return {
    take: (cost, nowNs) => native.window_try_acquire_at(handle(), cost, nowNs),
    waitNs: (cost, nowNs) =>
      native.window_peek_at(handle(), cost, nowNs) ? 0 : (scratch[SCRATCH.waitNs] ?? 0),
    startPlan: (nowNs) => {
      native.window_foresee_start_at(handle(), nowNs);
    },
    endPlan: () => {
      native.window_foresee_end(handle());
    },
    place: (cost, maxWaitNs, nowNs) =>
      native.window_foresee_place_at(handle(), cost, maxWaitNs, nowNs),
    foresee: (cost, nowNs) => native.window_foresee_at(handle(), cost, nowNs),
  };
}
