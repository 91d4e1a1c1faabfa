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
] as const;

/** Why a port was judged open, closed, filtered or unknown. `conn-refused` is the connect technique's `reset`. */
export type ScanReason = (typeof nativeReasons)[number] | 'conn-refused';
