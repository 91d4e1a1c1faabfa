// The options of a scan, checked before anything else happens.

import {
  checkBoolean,
  checkNumber,
  checkOptions,
  checkSignal,
  invalidArgument,
} from '../internal/check.js';
import { InvalidArgumentError } from '../internal/errors.js';
import {
  checkPace,
  RATE_BOUNDS,
  WORKER_BOUNDS,
  type PaceOptions,
  type PaceSettings,
} from './pace-options.js';
import {
  BACKOFF_OPTIONS,
  checkBackoffOptions,
  type BackoffScanOptions,
  type BackoffSettings,
} from './backoff-options.js';
import {
  checkHostOptions,
  HOST_OPTIONS,
  type HostScanOptions,
  type HostSettings,
} from './hosts/host-options.js';
import { checkRateSettings, refuseAutoRate } from './auto-rate.js';
import { checkPcap } from './recording.js';
import type { TokenBucket } from '../limiters/token-bucket.js';
import { checkScanLimiter } from './limiter-option.js';
import { parsePorts } from './ports.js';
import { portStates, type PortState } from './reasons.js';
import { notSupported } from './scan-errors.js';
import { checkShard, type Shard } from './shard.js';
import { checkScanState, type ScanState } from './state.js';
import { refuseSynOnly } from './syn-only.js';
import { parseTarget, splitTargets, type ParsedTarget } from './targets/parse-target.js';

/** What to scan, and how. */
export interface ScanOptions extends PaceOptions, BackoffScanOptions, HostScanOptions {
  /**
   * Addresses, networks (`10.0.0.0/24`; host bits are ignored), ranges (`10.0.0.1-10.0.0.9`, `10.0.0.1-9`,
   * `10.0.0-3.*`) and host names, separated by commas or white space; or a list or an async iterable of such texts.
   * An address named twice is probed once.
   */
  targets: string | readonly string[] | AsyncIterable<string>;
  /** `'80,443,1000-2000'`, `'-'` for 1 to 65535, or an array of numbers. */
  ports: string | readonly number[];
  /**
   * `syn` sends raw SYN packets and needs the privilege to (CAP_NET_RAW on Linux); `connect` opens connections by the
   * operating system and needs none. `auto`, the default: `syn` where it is permitted, else `connect` with a warning.
   */
  technique?: 'syn' | 'connect' | 'auto';
  /**
   * Probes a second, repeated ones included; more than 0, default 100. `'auto'` finds the highest rate at which nothing
   * is lost, and follows it when it changes: targets that are known to answer are asked again and again, and what was
   * sent while they fell silent is sent once more. It begins at 1000; where nobody answers it stays at or below 10 000.
   * SYN scans only: `connect` takes 1000, or the cap where that is less, and warns (`auto-rate-fixed`).
   */
  maxRate?: number | 'auto';
  /** The most that `maxRate: 'auto'` may become, in probes a second. Default: what this host can send. */
  maxRateCap?: number;
  /** Further probes for a target that stays silent, 0 to 255, default 2. Exactly this many, never more. */
  retries?: number;
  /** How long an answer is awaited after each probe, in milliseconds, 1 to 600 000, default 1000. */
  timeoutMs?: number;
  /**
   * A bucket that the scan shares with other scans, senders, threads, processes or anything else: each packet (connection
   * attempt) takes a token, however high `maxRate` is, which is by default the rate that the bucket has at the beginning.
   * It
   * becomes a shared bucket (see `TokenBucket.share`), runs on the system's clock, and stays the caller's to dispose of,
   * once the scan is over. Not with `maxRate: 'auto'`.
   */
  limiter?: TokenBucket;
  /**
   * Connections under way at once, 1 to 65 536; by default half of the descriptors this process may have, at most 1000.
   * Connect scans only: a SYN scan has no connections.
   */
  maxWorkers?: number;
  /** Never probed, written as targets are. Default none. */
  exclude?: string | readonly string[];
  /** Interface to send from; by default the route to each target decides. */
  interface?: string;
  /**
   * How `syn` sends: `packet` (Ethernet), `rawip` (loopback, tunnels), `pcap` (libpcap or Npcap, found at run time),
   * `xdp` (several times as fast as `packet`, at the price of a busy core; Linux 5.18, CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, and
   * a device that takes redirected frames). `auto`, the default: by interface and system, and `xdp` above 400 000
   * packets a second. Where `xdp` is wanted and cannot be had, the scan goes on with another one, after the warning
   * `backend-fallback`.
   */
  backend?: 'auto' | 'xdp' | 'packet' | 'rawip' | 'pcap';
  /**
   * A file that every packet of the scan is recorded in, sent ones and answers, in the pcap format that tcpdump and
   * Wireshark read. It is emptied, or, with `resume`, gone on with. A disk that is too slow, or full, costs recorded
   * packets and nothing else: `statistics.pcap`, warnings `pcap-drops` and `pcap-ended`. SYN scans only.
   */
  pcap?: string;
  /** Fixes the order of probes; a whole number from 0 to 2^53 - 1. Default random. */
  seed?: number;
  /**
   * Scans one of several equal parts of the plan, for scans that share the work: no pair is probed by two of them, and
   * none by nobody. All of them need the same `seed`, targets, ports and excludes.
   */
  shard?: Shard;
  /** Goes on where {@link Scan.state} of an earlier scan stood; refused when targets, ports, excludes or shard differ, or when only one of the two has a hostgroup. */
  resume?: ScanState;
  /** States that become results, default all. The others are only counted. */
  states?: readonly PortState[];
  /** Confirms that a scan of more than 65 536 public addresses is authorised. */
  iAmAuthorised?: boolean;
  /** Stops the scan: what is known is delivered, `done` resolves with `complete: false`. */
  signal?: AbortSignal;
}

/** {@link ScanOptions} checked, with the defaults in place. */
export interface ScanSettings extends PaceSettings {
  /** Undefined where the targets come from an async iterable. */
  readonly targets: readonly ParsedTarget[] | undefined;
  readonly targetSource: AsyncIterable<string> | undefined;
  readonly exclude: readonly ParsedTarget[];
  readonly ports: Uint16Array;
  readonly technique: 'syn' | 'connect' | 'auto';
  /** The fixed rate, or the most that an automatic one may become. */
  readonly maxRate: number;
  readonly autoRate: boolean;
  readonly limiter: TokenBucket | undefined;
  readonly retries: number;
  readonly timeoutMs: number;
  readonly maxWorkers: number | undefined;
  readonly interfaceName: string;
  readonly backend: 'auto' | 'xdp' | 'packet' | 'rawip' | 'pcap';
  readonly pcap: string | undefined;
  readonly backoff: BackoffSettings;
  /** The caps are of all scans that have this rate together; this one holds to as large a part as its rate is. */
  readonly capsOfRate?: number;
  readonly hosts: HostSettings;
  readonly seed: number | undefined;
  readonly shard: Shard | undefined;
  readonly resume: ScanState | undefined;
  readonly states: readonly PortState[];
  readonly iAmAuthorised: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Rate of a scan that names none, in packets a second: slow enough for any network. */
export const DEFAULT_RATE = 100;

const KNOWN = [
  ...['targets', 'ports', 'technique', 'maxRate', 'retries', 'timeoutMs', 'exclude', 'interface'],
  ...['backend', 'seed', 'resume', 'states', 'iAmAuthorised', 'signal', 'maxWorkers'],
  ...['precision', 'catchUpMs', 'minRate', 'maxRateCap', 'shard', 'limiter', 'pcap'],
  ...BACKOFF_OPTIONS,
  ...HOST_OPTIONS,
];

/**
 * Checks every option.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, `ERR_PACEGATE_NOT_SUPPORTED`)
 */
export function checkScanOptions(options: ScanOptions): ScanSettings {
  const given = checkOptions('options', options, KNOWN);
  const { resume, seed } = given;
  const limiter = checkScanLimiter(given['limiter']);
  const { maxRate, autoRate } = checkRateSettings(given, (rate) => checkRate(rate, limiter));
  if (autoRate && limiter !== undefined) refuseAutoRate('a limiter');
  const backoff = checkBackoffOptions(given);
  const hosts = checkHostOptions(given);
  const pcap = checkPcap(given['pcap']);
  if (autoRate && hosts.max > 0) refuseAutoRate('a hostgroup');
  const technique = oneOf(given, 'technique', ['auto', 'syn', 'connect'], []);
  if (technique === 'connect')
    refuseSynOnly({ backoff, hosts, pcap }, "this scan asks for 'connect'", true);
  return {
    ...checkTargets(given['targets']),
    exclude: given['exclude'] === undefined ? [] : parseTexts(given['exclude'], 'exclude'),
    ports: parsePorts(options.ports),
    technique,
    maxRate,
    autoRate,
    limiter,
    ...checkPace(given, maxRate),
    retries: whole(given, 'retries', 2, 0, 255),
    timeoutMs: whole(given, 'timeoutMs', 1000, 1, 600_000),
    maxWorkers: checkWorkers(given['maxWorkers']),
    interfaceName: checkInterface(given['interface']),
    backend: oneOf(given, 'backend', ['auto', 'xdp', 'packet', 'rawip', 'pcap'], []),
    pcap,
    backoff,
    hosts,
    seed: seed === undefined ? undefined : whole(given, 'seed', 0, 0, Number.MAX_SAFE_INTEGER),
    shard: checkSharing(given),
    resume: resume === undefined ? undefined : checkScanState(resume),
    states: checkStates(given['states']),
    iAmAuthorised: checkBoolean('iAmAuthorised', given['iAmAuthorised'], false),
    signal: checkSignal('signal', given['signal']),
  };
}

/** The shards of a scan fit together only in one order. */
function checkSharing({ shard, seed, resume }: Given): Shard | undefined {
  if (shard === undefined) return undefined;
  const checked = checkShard(shard);
  if (seed === undefined && resume === undefined) {
    throw new InvalidArgumentError('shard needs a seed, the same one for all shards: pass seed');
  }
  return checked;
}

type Given = Readonly<Record<string, unknown>>;

function checkTargets(targets: unknown): Pick<ScanSettings, 'targets' | 'targetSource'> {
  if (typeof targets === 'object' && targets !== null && Symbol.asyncIterator in targets) {
    return { targets: undefined, targetSource: targets as AsyncIterable<string> };
  }
  const parsed = parseTexts(targets, 'targets');
  if (parsed.length === 0) {
    throw new InvalidArgumentError(
      'targets: none given; name at least one address, network, range or host',
    );
  }
  return { targets: parsed, targetSource: undefined };
}

function parseTexts(texts: unknown, name: string): ParsedTarget[] {
  const list: readonly unknown[] = Array.isArray(texts) ? texts : [texts];
  return list.flatMap((text) => parseTargetText(text, name));
}

/** Reads one text of the `targets` or `exclude` list, which may itself hold several targets. */
export function parseTargetText(text: unknown, name: string): ParsedTarget[] {
  if (typeof text !== 'string') throw invalidArgument(name, text, 'text, or a list of texts');
  return splitTargets(text).map((part) => parseTarget(part, name));
}

function checkRate(rate: unknown, limiter: TokenBucket | undefined): number {
  if (rate !== undefined) return checkNumber('maxRate', rate, RATE_BOUNDS);
  if (limiter === undefined) return DEFAULT_RATE;
  return Math.min(Math.max(limiter.rate, RATE_BOUNDS.min), RATE_BOUNDS.max);
}

function checkWorkers(value: unknown): number | undefined {
  return value === undefined ? undefined : checkNumber('maxWorkers', value, WORKER_BOUNDS);
}

function whole(given: Given, name: string, fallback: number, min: number, max: number): number {
  const value = given[name] === undefined ? fallback : given[name];
  return checkNumber(name, value, { min, max, integer: true });
}

/** The first of `allowed` is the default; `later` are names this version knows of and refuses as such. */
function oneOf<T extends string>(
  given: Given,
  name: string,
  allowed: readonly [T, ...T[]],
  later: readonly string[],
): T {
  const value = given[name] === undefined ? allowed[0] : given[name];
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  if (typeof value === 'string' && later.includes(value)) {
    throw notSupported(`${name} '${value}' is not available in this version`);
  }
  throw invalidArgument(name, value, `one of ${allowed.join(', ')}`);
}

function checkInterface(name: unknown): string {
  if (name === undefined) return '';
  if (typeof name !== 'string' || !/^[^\s/]{1,255}$/.test(name)) {
    throw invalidArgument('interface', name, 'the name of a network interface');
  }
  return name;
}

function checkStates(states: unknown): readonly PortState[] {
  if (states === undefined) return portStates;
  if (!Array.isArray(states) || states.length === 0) {
    throw invalidArgument('states', states, `a list of ${portStates.join(', ')}`);
  }
  for (const state of states as readonly unknown[]) {
    if (!portStates.some((known) => known === state)) {
      throw invalidArgument('states', state, `one of ${portStates.join(', ')}`);
    }
  }
  return portStates.filter((known) => (states as readonly unknown[]).includes(known));
}
