// What keeps a scan from being faster.

import type { ResourceName } from '../resources/resource-readings.js';
import type { PressureName } from '../throttle/pressure.js';
import type { RateLimitingFigures } from './rate-figures.js';
import type { SourceFigures } from './sources.js';

/**
 * `rate-limit`: the limit is used up. `workers`: all are busy. `permits`: workers wait for another permit (a
 * hostgroup's). `targets`: they asked for less, or caps hold them back. `sender`: the device or this host sends less than it
 * is asked to. `demand`: there is nothing more to do. The others are resources of the host.
 */
export type BottleneckName =
  | 'rate-limit'
  | 'workers'
  | 'permits'
  | 'targets'
  | 'sender'
  | 'demand'
  | 'cpu'
  | 'memory'
  | 'errors'
  | 'event-loop'
  | 'descriptors'
  | 'unknown';

/** What to widen first. */
export interface Bottleneck {
  readonly name: BottleneckName;
  /** Why it is this one, in a sentence with its figures. */
  readonly reason: string;
}

/** From here on a limit counts as used up, in percent: a rate is never met to the last permit. */
const USED_UP = 90;

const NAMES: Readonly<Record<PressureName, BottleneckName>> = {
  cpuPercent: 'cpu',
  memoryPercent: 'memory',
  errorPercent: 'errors',
  eventLoopLagMs: 'event-loop',
  descriptorPercent: 'descriptors',
};

/** What a monitor's means are judged by where no throttle says what is too much. */
const TOO_MUCH: Readonly<Record<ResourceName, number>> = {
  cpuPercent: 80,
  memoryPercent: 85,
  eventLoopLagMs: 100,
  descriptorPercent: 80,
};

/** The first that applies: resources, the limit, workers, targets, and at last that there is no more to do. */
export function bottleneckOf(
  figures: SourceFigures,
  rate: RateLimitingFigures | undefined,
): Bottleneck {
  return (
    ofThrottle(figures) ??
    ofMonitor(figures) ??
    ofRate(rate) ??
    ofPool(figures) ??
    ofScan(figures) ?? { name: 'unknown', reason: 'no pool and no scan says what it waits for' }
  );
}

function ofThrottle({ throttle }: SourceFigures): Bottleneck | undefined {
  if (throttle === undefined || throttle.level === 0) return undefined;
  const { level, levels, pressures, cause } = throttle;
  const steps = `throttled by ${level} of ${levels} steps`;
  const [present, last] = [pressures[0], cause[0]];
  if (last === undefined) return undefined;
  const { name, value, threshold } = present ?? last;
  const verb = present === undefined ? 'was' : 'is';
  return {
    name: NAMES[name],
    reason: `${name} ${short(value)} ${verb} above ${threshold}; ${steps}`,
  };
}

/** A throttle has its own thresholds, and has been asked already. */
function ofMonitor({ monitor, throttle }: SourceFigures): Bottleneck | undefined {
  if (monitor === undefined || throttle !== undefined) return undefined;
  for (const name of Object.keys(TOO_MUCH) as ResourceName[]) {
    const mean = monitor.resources[name]?.mean ?? 0;
    if (mean <= TOO_MUCH[name]) continue;
    return { name: NAMES[name], reason: `${name} ${short(mean)} is above ${TOO_MUCH[name]}` };
  }
  return undefined;
}

function ofRate(rate: RateLimitingFigures | undefined): Bottleneck | undefined {
  if (rate === undefined || rate.usedPercent < USED_UP) return undefined;
  const { usedPercent, limit } = rate;
  return {
    name: 'rate-limit',
    reason: `${short(usedPercent)} % of the limit of ${short(limit)}/s is used`,
  };
}

function ofPool({ pool }: SourceFigures): Bottleneck | undefined {
  if (pool === undefined) return undefined;
  const { active, waiting, workers, queued } = pool;
  if (active < workers && queued === 0) {
    return {
      name: 'demand',
      reason: `${workers - active} of ${workers} workers have nothing to do`,
    };
  }
  if (waiting * 2 > active) {
    return { name: 'permits', reason: `${waiting} of ${active} workers wait for a permit` };
  }
  return { name: 'workers', reason: `all ${workers} workers are busy, ${queued} tasks wait` };
}

function ofScan({ scan }: SourceFigures): Bottleneck | undefined {
  if (scan === undefined) return undefined;
  if (scan.parked > 0) {
    return { name: 'targets', reason: `${scan.parked} probes wait for targets and caps` };
  }
  if (scan.phase !== 'sending') {
    return { name: 'demand', reason: `nothing is left to be sent (${scan.phase})` };
  }
  const { currentPacketsPerSecond: sent, targetPacketsPerSecond: asked } = scan;
  return { name: 'sender', reason: `${short(sent)} of ${short(asked)} packets/s are sent` };
}

function short(value: number): string {
  return String(Number(value.toFixed(1)));
}
