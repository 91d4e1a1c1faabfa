// From checked options to an engine: targets resolved, technique chosen, devices opened.

import type { Clock } from '../internal/clock.js';
import type { NativeHostCalls, NativeScanCalls } from '../internal/binding.js';
import { InvalidArgumentError } from '../internal/errors.js';
import { toPacegateError } from '../internal/native-error.js';
import type { Connector } from './engines/connect-probe.js';
import { ConnectScan } from './engines/connect-scan.js';
import { defaultConcurrency } from './engines/concurrency.js';
import { localAddresses } from './engines/local-addresses.js';
import type { ScanEngine } from './engines/scan-engine.js';
import { NativeScan } from './engines/native-scan.js';
import { parseTargetText, type ScanSettings } from './options.js';
import {
  excludedRanges,
  planField,
  planScan,
  type ScanField,
  type ScanPlan,
  type Warn,
} from './scan-plan.js';
import type { AddressRange } from './targets/address-range.js';
import { refuseSynOnly } from './syn-only.js';
import type { ParsedTarget } from './targets/parse-target.js';
import { resolveTargets, type Lookup } from './targets/resolve.js';
import { allowTargets, type TargetAddresses } from './targets/target-policy.js';

/** What a scan reaches the outside through; tests put their own here. */
export interface ScanDependencies {
  readonly native: NativeScanCalls &
    Pick<NativeHostCalls, 'host_can_send_raw' | 'host_require_raw' | 'host_interfaces'>;
  readonly lookup: Lookup;
  readonly localBroadcasts: () => readonly AddressRange[];
  /** What connect scans are made with where native code has no sockets for them. */
  readonly connector?: Connector | undefined;
  readonly clock: Clock;
  /** How often results are fetched and progress is looked at, in milliseconds. */
  readonly pollMs: number;
}

/** What decides which pairs are probed. */
export type FieldSettings = Pick<
  ScanSettings,
  'targets' | 'targetSource' | 'exclude' | 'ports' | 'iAmAuthorised'
>;

/**
 * Plans what needs no resolver. Where something is still to be asked the answer is undefined, and the literal targets
 * are checked already: nobody is asked for a name beside a target that is refused.
 */
export function prepareNow(
  settings: FieldSettings,
  dependencies: Pick<ScanDependencies, 'localBroadcasts'>,
): ScanField | undefined {
  const { targets, exclude } = settings;
  if (targets === undefined) return undefined;
  const known = literals(targets);
  const knownExcludes = literals(exclude);
  // An excluded name may yet take the number of addresses below its limit.
  if (knownExcludes.length < exclude.length) return undefined;
  const localBroadcasts = dependencies.localBroadcasts();
  if (known.length === targets.length) {
    return planField(settings, known, knownExcludes, localBroadcasts);
  }
  allowTargets(known, {
    excluded: excludedRanges(knownExcludes),
    localBroadcasts,
    iAmAuthorised: settings.iAmAuthorised,
  });
  return undefined;
}

function literals(targets: readonly ParsedTarget[]): TargetAddresses[] {
  return targets.filter((target) => target.kind === 'ranges');
}

/**
 * Reads the targets to their end and resolves every name.
 *
 * @throws PacegateError (`ERR_PACEGATE_UNKNOWN_HOST` and what {@link planField} throws)
 */
export async function prepareLater(
  settings: FieldSettings,
  dependencies: Pick<ScanDependencies, 'localBroadcasts' | 'lookup'>,
): Promise<ScanField> {
  const targets = settings.targets ?? (await collect(settings.targetSource));
  if (targets.length === 0) throw new InvalidArgumentError('targets: there is none');
  const [wanted, excluded] = await Promise.all([
    resolveTargets(targets, dependencies.lookup),
    resolveTargets(settings.exclude, dependencies.lookup),
  ]);
  return planField(settings, wanted, excluded, dependencies.localBroadcasts());
}

async function collect(source: AsyncIterable<unknown> | undefined): Promise<ParsedTarget[]> {
  const targets: ParsedTarget[] = [];
  for await (const text of source ?? []) {
    for (const target of parseTargetText(text, 'targets')) targets.push(target);
  }
  return targets;
}

/**
 * SYN where it is asked for or permitted, else connect. A resumed scan keeps its technique, whose order it goes on in.
 *
 * @throws PacegateError (`ERR_PACEGATE_NOT_PERMITTED`, `_NOT_SUPPORTED`) when `syn` is needed and not possible;
 * (`_NOT_SUPPORTED`) when an option needs it
 */
export function chooseTechnique(
  settings: ScanSettings,
  { native, connector }: ScanDependencies,
  warn: Warn,
): 'syn' | 'connect' {
  const hasSockets = connector === undefined;
  const wanted =
    settings.technique === 'auto' ? (settings.resume?.technique ?? 'auto') : settings.technique;
  if (wanted === 'connect') {
    refuseSynOnly(settings, "this scan is one of 'connect'", hasSockets);
    return 'connect';
  }
  if (wanted === 'syn') {
    requireRaw(native);
    return 'syn';
  }
  const reason = native.host_can_send_raw();
  if (reason === '') return 'syn';
  refuseSynOnly(settings, `that is not possible here: ${reason}`, hasSockets);
  warn(
    'technique-fallback',
    `using the connect technique, because 'syn' is not possible here: ${reason}`,
  );
  return 'connect';
}

function requireRaw(native: Pick<NativeHostCalls, 'host_require_raw'>): void {
  try {
    native.host_require_raw();
  } catch (error) {
    throw toPacegateError(error);
  }
}

/**
 * Chooses the technique and completes the plan.
 *
 * @throws PacegateError as {@link chooseTechnique} and {@link planScan} do
 */
export function planFor(
  settings: ScanSettings,
  field: ScanField,
  dependencies: ScanDependencies,
  warn: Warn,
): ScanPlan {
  const technique = chooseTechnique(settings, dependencies, warn);
  const isScript = technique === 'connect' && dependencies.connector !== undefined;
  return planScan(settings, field, technique, isScript ? 'script' : 'native');
}

/**
 * Makes the engine of a plan; nothing is sent yet.
 *
 * @throws PacegateError for what the operating system refuses
 */
export function makeEngine(plan: ScanPlan, dependencies: ScanDependencies, warn: Warn): ScanEngine {
  const { native, connector, clock } = dependencies;
  if (plan.technique === 'syn' || connector === undefined) {
    return new NativeScan(plan, native, warn);
  }
  const families = new Set(plan.ranges.map((range) => range.family));
  return new ConnectScan(plan, {
    connector,
    clock,
    maxConcurrent: plan.maxWorkers ?? defaultConcurrency(),
    localAddresses: localAddresses(plan.interfaceName, families, native),
    onWarning: (message) => {
      warn('host-short', message);
    },
  });
}
