// The options of a packet sender, checked before a device is opened.

import { checkNumber, checkOptions, invalidArgument } from '../../internal/check.js';
import type { NativeSenderOptions } from '../../internal/binding.js';
import { RATE_BOUNDS } from '../pace-options.js';
import { checkJoinable } from '../limiter-option.js';
import type { JoinableBucket } from '../../limiters/bucket/bucket-place.js';
import type { TokenBucket } from '../../limiters/token-bucket.js';

/** Where a {@link PacketSender} sends, and how fast. */
export interface PacketSenderOptions {
  /** Name of the network interface. */
  interface: string;
  /**
   * `packet` sends Ethernet frames (AF_PACKET), `rawip` bare IP packets that the kernel routes and frames (for `lo` and
   * tunnels), `pcap` by libpcap, `xdp` Ethernet frames by an XDP program, the fastest and at the cost of a core. `auto`,
   * the default, takes what fits the interface, and `xdp` only where a `rate` above 400 000 is asked for (`Infinity`
   * too). A backend that is named and cannot be had is refused with its reason, never replaced.
   */
  backend?: 'auto' | 'packet' | 'rawip' | 'xdp' | 'pcap';
  /** Packets a second, 0.001 to 100 000 000; by default Infinity: as fast as the device takes them. */
  rate?: number;
  /**
   * Charged a token a packet by the native thread itself, beside `rate`. It becomes a shared bucket (see
   * `TokenBucket.share`) and must run on the system's clock; the sender keeps what it needs of it.
   */
  limiter?: TokenBucket;
  /**
   * How often the sending thread wakes: at most every millisecond (`eco`), every half (`balanced`, the default), or for
   * every packet with busy waiting (`spin`, which takes a core). The mean rate is the same.
   */
  precision?: 'eco' | 'balanced' | 'spin';
  /** How much lateness may be made good by sending faster, in milliseconds, 0 to 1000, default 10. */
  catchUpMs?: number;
}

/** {@link PacketSenderOptions} checked, with the defaults in place. */
export interface SenderSettings {
  readonly native: NativeSenderOptions;
  readonly limiter: JoinableBucket | undefined;
}

const KNOWN = ['interface', 'backend', 'rate', 'limiter', 'precision', 'catchUpMs'];
const BACKENDS = ['auto', 'packet', 'rawip', 'xdp', 'pcap'] as const;
const PRECISIONS = ['balanced', 'eco', 'spin'] as const;

/**
 * Checks every option; changes nothing yet, the limiter neither.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`)
 */
export function checkSenderOptions(options: unknown): SenderSettings {
  const given = checkOptions('options', options, KNOWN);
  const { catchUpMs = 10, limiter, rate = Infinity } = given;
  return {
    native: {
      interfaceName: checkInterface(given['interface']),
      backend: oneOf('backend', given['backend'], BACKENDS),
      rate: checkRate(rate),
      autoRate: given['rate'] === undefined ? 0 : checkRate(rate),
      precision: oneOf('precision', given['precision'], PRECISIONS),
      catchUpMs: checkNumber('catchUpMs', catchUpMs, { min: 0, max: 1000 }),
    },
    limiter: limiter === undefined ? undefined : checkJoinable(limiter),
  };
}

/** @throws PacegateError for what is no rate */
export function checkRate(rate: unknown): number {
  if (rate === Infinity) return rate;
  return checkNumber('rate', rate, RATE_BOUNDS);
}

/** The first of `allowed` is the default. */
export function oneOf<T extends string>(
  name: string,
  value: unknown,
  allowed: readonly [T, ...T[]],
): T {
  const found = value === undefined ? allowed[0] : allowed.find((choice) => choice === value);
  if (found === undefined) throw invalidArgument(name, value, `one of ${allowed.join(', ')}`);
  return found;
}

function checkInterface(name: unknown): string {
  if (typeof name !== 'string' || !/^[^\s/]{1,255}$/.test(name)) {
    throw invalidArgument('interface', name, 'the name of a network interface');
  }
  return name;
}
