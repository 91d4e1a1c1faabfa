// The flags of `pacegate scan`, as they were written, made into the options of a scan.

import { invalidArgument } from '../internal/check.js';
import { InvalidArgumentError } from '../internal/errors.js';
import {
  settingsFromEnvironment,
  type BackoffScanOptions,
  type EnvironmentSettings,
  type MaxPrefixRate,
  type Preset,
  type ScanOptions,
} from '../scan/index.js';
import { presetNamed } from '../scan/control/settings/presets.js';
import type { ScanSettings } from '../scan/options.js';
import { checkScan, type CheckedScan } from '../scan/scan.js';
import type { PortState } from '../scan/reasons.js';
import { totalSize } from '../scan/targets/address-range.js';
import type { FleetFlags } from './fleet-flags.js';
import { numberOf, wantedHosts, type HostFlags } from './host-flags.js';
import { chosenOutputs, type OutputFlags } from './output/chosen-outputs.js';
import type { ReportFlags } from './status/report.js';
import { loadResumeFile } from './resume/resume-file.js';
import { readTargetLists, type ListFlags } from './target-lists.js';

/** What the parser found; texts are unchecked. */
export interface ScanFlags extends OutputFlags, ReportFlags, HostFlags, ListFlags, FleetFlags {
  synScan?: true;
  connectScan?: true;
  ports?: string[];
  preset?: string;
  maxRate?: string;
  maxRateCap?: string;
  minRate?: string;
  precision?: string;
  catchUp?: string;
  maxTargetRate?: string;
  maxPrefixRate?: string;
  adaptiveRate?: true;
  backoffLimit?: string;
  maxRetries?: string;
  timeout?: string;
  maxWorkers?: string;
  exclude?: string[];
  interface?: string;
  backend?: string;
  seed?: string;
  shard?: string;
  resume?: string;
  pcap?: string;
  metadata?: true;
  open?: true;
  noninteractive?: true;
  iAmAuthorised?: true;
}

/** In a table, closed and filtered ports are rows only where the scan is so small that one can read them. */
const MAX_TABLE_PROBES = 262_144n;

/** A scan as it was asked for. */
export interface WantedScan extends CheckedScan {
  readonly options: ScanOptions;
}

/**
 * Makes the options of a scan, and checks all that can be checked before anything happens.
 *
 * @throws PacegateError for a flag that is wrong, or a file that cannot be read
 */
export function wantedScan(flags: ScanFlags, targets: readonly string[]): WantedScan {
  const lists = readTargetLists(flags);
  const options = wantedOptions(flags, [...targets, ...lists.wanted], lists.excluded);
  const { settings, field } = lists.naming(() => checkScan(options));
  const states = wantedStates(flags, settings);
  return { options: { ...options, states }, settings: { ...settings, states }, field };
}

function wantedOptions(
  flags: ScanFlags,
  targets: readonly string[],
  excluded: readonly string[],
): ScanOptions {
  if (flags.ports === undefined)
    throw new InvalidArgumentError('-p is missing: name the ports, as in -p 22,80 or -p-');
  return {
    targets,
    ports: flags.ports.join(','),
    technique: wantedTechnique(flags),
    exclude: [...(flags.exclude ?? []), ...excluded],
    ...wantedSettings(flags),
    // The library checks what the choices are.
    ...(flags.backend === undefined ? {} : { backend: flags.backend as 'auto' }),
    ...(flags.pcap === undefined ? {} : { pcap: pcapFile(flags.pcap) }),
    ...(flags.interface === undefined ? {} : { interface: flags.interface }),
    ...(flags.minRate === undefined ? {} : { minRate: numberOf('--min-rate', flags.minRate) }),
    ...(flags.precision === undefined ? {} : { precision: flags.precision as 'balanced' }),
    ...(flags.catchUp === undefined ? {} : { catchUpMs: numberOf('--catch-up', flags.catchUp) }),
    ...wantedBackoff(flags),
    ...wantedHosts(flags),
    ...(flags.seed === undefined ? {} : { seed: numberOf('--seed', flags.seed) }),
    ...(flags.shard === undefined ? {} : { shard: wantedShard(flags.shard) }),
    ...(flags.resume === undefined ? {} : loadResumeFile(flags.resume)),
    iAmAuthorised: flags.iAmAuthorised ?? false,
  };
}

type Settings = Omit<EnvironmentSettings, 'maxRate'> & Pick<ScanOptions, 'maxRate' | 'maxRateCap'>;

/** What flags, the environment and a preset may all set, in this order. */
function wantedSettings(flags: ScanFlags): Settings {
  const { preset, maxRate, maxRateCap, maxRetries, timeout, maxWorkers } = flags;
  return {
    ...(preset === undefined ? {} : settingsOf(presetNamed('--preset', preset))),
    ...settingsFromEnvironment(),
    ...(maxRate === undefined ? {} : { maxRate: wantedRate(maxRate) }),
    ...(maxRateCap === undefined ? {} : { maxRateCap: numberOf('--max-rate-cap', maxRateCap) }),
    ...(maxRetries === undefined ? {} : { retries: numberOf('--max-retries', maxRetries) }),
    ...(timeout === undefined ? {} : { timeoutMs: numberOf('--timeout', timeout) }),
    ...(maxWorkers === undefined ? {} : { maxWorkers: numberOf('--max-workers', maxWorkers) }),
  };
}

function settingsOf({ maxRate, maxWorkers }: Preset): EnvironmentSettings {
  return { maxRate, maxWorkers };
}

/** It is written to at any place, which a stream does not allow. */
function pcapFile(file: string): string {
  if (file === '-') throw invalidArgument('--pcap', file, 'a file, not standard output');
  return file;
}

function wantedTechnique(flags: ScanFlags): 'syn' | 'connect' | 'auto' {
  if (flags.synScan && flags.connectScan)
    throw new InvalidArgumentError('-sS and -sT exclude each other');
  if (flags.synScan) return 'syn';
  return flags.connectScan ? 'connect' : 'auto';
}

function wantedRate(text: string): number | 'auto' {
  return text === 'auto' ? text : numberOf('--max-rate', text, "a number or 'auto'");
}

/** Counted from 1 as people do: `1/4` to `4/4`. */
function wantedShard(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = /^(\d{1,10})\/(\d{1,10})$/.exec(text)?.map(Number) ?? [];
  if (index < 1 || index > count)
    throw invalidArgument('--shard', text, 'I/N with I from 1 to N, as in 1/4');
  return { index: index - 1, count };
}

function wantedBackoff(flags: ScanFlags): BackoffScanOptions {
  const { adaptiveRate, backoffLimit, maxTargetRate, maxPrefixRate } = flags;
  return {
    ...(adaptiveRate === undefined ? {} : { adaptiveRate }),
    ...(backoffLimit === undefined ? {} : { backoffLimitMs: limitOf(backoffLimit) }),
    ...(maxTargetRate === undefined
      ? {}
      : { maxTargetRate: numberOf('--max-target-rate', maxTargetRate) }),
    ...(maxPrefixRate === undefined ? {} : { maxPrefixRate: prefixRateOf(maxPrefixRate) }),
  };
}

function limitOf(text: string): number {
  return text === 'never' ? Infinity : numberOf('--backoff-limit', text);
}

/** `100`, or `100/16`; a length above 32 can only be meant for IPv6. */
function prefixRateOf(text: string): MaxPrefixRate {
  const [, rate = text, length] = /^([^/]*)\/([^/]*)$/.exec(text) ?? [];
  const prefix = length === undefined ? undefined : numberOf('--max-prefix-rate', length);
  return {
    rate: numberOf('--max-prefix-rate', rate),
    ...(prefix === undefined ? {} : prefix > 32 ? { prefixV6: prefix } : { prefixV4: prefix }),
  };
}

function wantedStates(flags: ScanFlags, settings: ScanSettings): readonly PortState[] {
  if (flags.open) return ['open'];
  return chosenOutputs(flags).length > 0 || probes(settings) <= MAX_TABLE_PROBES
    ? ['open', 'closed', 'filtered', 'unknown']
    : ['open'];
}

/** Addresses times ports as far as they are known, at most; a name counts as one address. */
function probes({ targets = [], ports }: ScanSettings): bigint {
  const ranges = targets.flatMap((target) => (target.kind === 'ranges' ? target.ranges : []));
  const names = targets.filter((target) => target.kind === 'name').length;
  return (totalSize(ranges) + BigInt(names)) * BigInt(ports.length);
}
