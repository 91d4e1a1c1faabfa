// Which readings are too high, and whether all are low enough again.

import type { Readings } from '../resources/resource-readings.js';
import type { CheckedThresholds } from './throttle-options.js';

/** What can be too much. */
export type PressureName = keyof CheckedThresholds;

/** One reading above its threshold. */
export interface Pressure {
  readonly name: PressureName;
  readonly value: number;
  readonly threshold: number;
}

/** Values by name; undefined: not known. */
export type Levels = Readonly<Record<PressureName, number | undefined>>;

const WORDS: Readonly<Record<PressureName, readonly [what: string, unit: string]>> = {
  cpuPercent: ['processors', '%'],
  memoryPercent: ['memory', '%'],
  errorPercent: ['failures', '%'],
  eventLoopLagMs: ['event-loop lag', 'ms'],
  descriptorPercent: ['descriptors', '%'],
};
const NAMES = Object.keys(WORDS) as PressureName[];

/** All that is measured, by name. */
export function levelsOf(readings: Readings, errorPercent: number | undefined): Levels {
  return {
    cpuPercent: readings.cpuPercent.value,
    memoryPercent: readings.memoryPercent.value,
    errorPercent,
    eventLoopLagMs: readings.eventLoopLagMs.value,
    descriptorPercent: readings.descriptorPercent.value,
  };
}

/** What is above its threshold. */
export function pressuresOf(levels: Levels, thresholds: CheckedThresholds): Pressure[] {
  return NAMES.flatMap((name) => {
    const [value = 0, threshold] = [levels[name], thresholds[name]];
    return value > threshold ? [{ name, value, threshold }] : [];
  });
}

/**
 * Whether everything is low enough to recover; what is not known is. Only what `was` too high must fall to `share` of its
 * threshold, so that steps are not taken and taken back in turn: memory that is always at nine tenths is no reason to stay
 * throttled for ever after a burst of work.
 */
export function isClear(
  levels: Levels,
  thresholds: CheckedThresholds,
  share: number,
  was: ReadonlySet<PressureName>,
): boolean {
  return NAMES.every((name) => {
    const threshold = thresholds[name];
    return (levels[name] ?? 0) <= (was.has(name) ? threshold * share : threshold);
  });
}

/** `processors 93 % > 80 %, memory 91 % > 85 %`. */
export function describePressures(pressures: readonly Pressure[]): string {
  return pressures
    .map(({ name, value, threshold }) => {
      const [what, unit] = WORDS[name];
      return `${what} ${short(value)} ${unit} > ${short(threshold)} ${unit}`;
    })
    .join(', ');
}

function short(value: number): string {
  return String(Number(value.toFixed(1)));
}
