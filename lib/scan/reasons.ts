// Why a port is in the state it is in: the names that results carry, nmap's where nmap has one.

/** What a scan says about one port. */
export type PortState = 'open' | 'closed' | 'filtered' | 'unknown';

/** States in the order of their numbers in the native engine's records. */
export const portStates: readonly PortState[] = ['open', 'closed', 'filtered', 'unknown'];

/** Reasons in the order of their numbers in the native engine's records. */
export const nativeReasons = [
  'syn-ack',
  'reset',
  'no-response',
  'net-unreach',
  'host-unreach',
  'proto-unreach',
  'port-unreach',
  'net-prohibited',
  'host-prohibited',
  'admin-prohibited',
  'no-route',
  'time-exceeded',
  'policy',
  'reject-route',
  'send-failed',
  'rate_limit_timeout',
  'host_timeout',
  'too_many_open',
] as const;

/**
 * Reasons the engine does not have. `conn-refused` is the connect technique's `reset`; the others are of tasks in a pool:
 * what a function of the user's said, that it took too long, that it threw.
 */
export const otherReasons = ['conn-refused', 'user-set', 'probe_timeout', 'error'] as const;

/** Why a port was judged open, closed, filtered or unknown. */
export type ScanReason = (typeof nativeReasons)[number] | (typeof otherReasons)[number];

/** All of them. */
export const scanReasons: readonly ScanReason[] = [...nativeReasons, ...otherReasons];

/** {@link nativeReasons} as the connect technique calls them: the operating system has refused. */
export const connectReasons: readonly ScanReason[] = nativeReasons.map((reason) =>
  reason === 'reset' ? 'conn-refused' : reason,
);
