// The flags of `pacegate scan` about targets at once and time-outs.

import { invalidArgument } from '../internal/check.js';
import { InvalidArgumentError } from '../internal/errors.js';
import type { HostScanOptions } from '../scan/index.js';

/** What the parser found; texts are unchecked. */
export interface HostFlags {
  maxHostgroup?: string;
  minHostgroup?: string;
  maxParallelism?: string;
  hostgroupMode?: string;
  adaptiveTimeout?: true;
  hostTimeout?: string;
  tarpit?: string;
  tarpitPorts?: string;
}

/** Makes the options of a scan; the library checks their values. */
export function wantedHosts(flags: HostFlags): HostScanOptions {
  const { minHostgroup, hostgroupMode, adaptiveTimeout, hostTimeout } = flags;
  const max = wantedMax(flags);
  return {
    ...(max === undefined ? {} : { maxHostgroup: max }),
    ...(minHostgroup === undefined
      ? {}
      : { minHostgroup: numberOf('--min-hostgroup', minHostgroup) }),
    ...(hostgroupMode === undefined ? {} : { hostgroupMode: hostgroupMode as 'sliding' }),
    ...(adaptiveTimeout === undefined ? {} : { adaptiveTimeout }),
    ...(hostTimeout === undefined
      ? {}
      : { hostTimeoutMs: numberOf('--host-timeout', hostTimeout) }),
    ...wantedTarpit(flags),
  };
}

function wantedTarpit({ tarpit, tarpitPorts }: HostFlags): Pick<HostScanOptions, 'tarpit'> {
  const action = tarpit as 'skip' | undefined;
  if (tarpitPorts === undefined) return action === undefined ? {} : { tarpit: action };
  const [, open, probed] = /^(\d{1,5})\/(\d{1,5})$/.exec(tarpitPorts)?.map(Number) ?? [];
  if (open === undefined || probed === undefined || tarpit === 'off')
    throw invalidArgument(
      '--tarpit-ports',
      tarpitPorts,
      'X/Y as in 50/64, with --tarpit warn or skip',
    );
  const ports = { openPorts: open, probedPorts: probed };
  return { tarpit: action === undefined ? ports : { ...ports, action } };
}

function wantedMax({ maxHostgroup, maxParallelism }: HostFlags): number | undefined {
  const [hosts, alias] = [
    maxHostgroup === undefined ? undefined : numberOf('--max-hostgroup', maxHostgroup),
    maxParallelism === undefined ? undefined : numberOf('--max-parallelism', maxParallelism),
  ];
  if (hosts !== undefined && alias !== undefined && hosts !== alias) {
    throw new InvalidArgumentError(
      `--max-parallelism (${alias}) is another name of --max-hostgroup (${hosts}): name one number`,
    );
  }
  return hosts ?? alias;
}

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) for a text that is no number */
export function numberOf(flag: string, text: string, wanted = 'a number'): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw invalidArgument(flag, text, wanted);
  return Number(text);
}
