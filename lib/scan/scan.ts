// The entry: a scan on the real network.

import { native } from '../internal/binding.js';
import { systemClock } from '../internal/clock.js';
import { tcpConnector } from './engines/connect-probe.js';
import { checkScanOptions, type ScanOptions, type ScanSettings } from './options.js';
import { prepareNow, type ScanDependencies } from './prepare.js';
import type { ScanField } from './scan-plan.js';
import { Scan } from './scan-run.js';
import { localBroadcasts, systemLookup } from './targets/resolve.js';

/** Results and progress are looked at fifty times a second: a person sees no delay, and it costs nothing measurable. */
const POLL_MS = 20;

/** The network, the clock and the names of this host. */
export function systemDependencies(): ScanDependencies {
  return {
    native,
    lookup: systemLookup,
    localBroadcasts,
    connector: native.host_can_connect() ? undefined : tcpConnector,
    clock: systemClock,
    pollMs: POLL_MS,
  };
}

/** A scan that has been checked and not begun. */
export interface CheckedScan {
  readonly settings: ScanSettings;
  /** Undefined where names are still to be resolved. */
  readonly field: ScanField | undefined;
}

/**
 * Checks what {@link scan} checks before it starts, for who has to do something in between.
 *
 * @throws as scan()
 */
export function checkScan(options: ScanOptions): CheckedScan {
  const settings = checkScanOptions(options);
  return { settings, field: prepareNow(settings, { localBroadcasts }) };
}

/** Starts it; a list of a million targets is read and planned once. */
export function startScan({ settings, field }: CheckedScan): Scan {
  return new Scan(settings, systemDependencies(), field);
}

/**
 * Scans TCP ports at a paced rate; starts at once. Scan only networks you are authorised to scan.
 *
 * @param options - what to scan, and how; see {@link ScanOptions}
 * @returns the running scan; what needs waiting for (an unknown host, no privilege) rejects its `done`
 * @throws PacegateError for a bad option, before anything is sent: `ERR_PACEGATE_INVALID_ARGUMENT`,
 * `ERR_PACEGATE_OUT_OF_RANGE`, `ERR_PACEGATE_NOT_SUPPORTED`, and `ERR_PACEGATE_NOT_PERMITTED` for more than 65 536
 * public addresses without `iAmAuthorised`
 *
 * @example
 * ```ts
 * import { scan } from 'pacegate/scan';
 *
 * const run = scan({ targets: '127.0.0.1', ports: '1-1024', maxRate: 5000 });
 * for await (const { address, port, state } of run) {
 *   if (state === 'open') console.log(`${address}:${port}`);
 * }
 * const { statistics } = await run.done;
 * console.log(`${statistics.packetsPerSecond.toFixed(0)} packets/s sent`);
 * ```
 */
export function scan(options: ScanOptions): Scan {
  return startScan(checkScan(options));
}
