import { type NativeHandle, native } from '../../internal/binding.js';
import { toPacegateError } from '../../internal/native-error.js';
import type { CheckedKeyedLimiterOptions } from './keyed-options.js';

/**
 * Makes the native half of a limiter. Where keys have their places depends on a secret of its own.
 *
 * @throws PacegateError
 */
export function createKeyed(options: CheckedKeyedLimiterOptions): NativeHandle {
  const { quota, maxKeys, idleMs, ipv6Prefix } = options;
  const seed = crypto.getRandomValues(new Uint8Array(16));
  try {
    return native.keyed_create(quota.rate, quota.burst, maxKeys, idleMs * 1e6, ipv6Prefix, seed);
  } catch (error) {
    throw toPacegateError(error);
  }
}
