// Rates and numbers of workers that suit common cases.

import { invalidArgument } from '../../../internal/check.js';

/** The least and the most of something. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/** Settings that suit one kind of network. */
export interface Preset {
  /** What it is for, in a line. */
  readonly purpose: string;
  /** Probes a second: `least` is where an `AdaptiveRate` should begin, `most` is `maxRate`. */
  readonly rate: Span;
  /** Connections under way at once: `most` is `maxWorkers`. */
  readonly workers: Span;
  /** Probes a second, repeated ones included. */
  readonly maxRate: number;
  /** Connections under way at once; a SYN scan has no workers. */
  readonly maxWorkers: number;
}

function preset(purpose: string, rate: Span, workers: Span): Preset {
  return Object.freeze({
    purpose,
    rate: Object.freeze(rate),
    workers: Object.freeze(workers),
    maxRate: rate.most,
    maxWorkers: workers.most,
  });
}

/**
 * Settings for common cases, by name. `pacegate scan --preset list` prints them.
 *
 * @example
 * ```ts
 * import { presets, scan } from 'pacegate/scan';
 *
 * const { maxRate, maxWorkers } = presets.local;
 * scan({ targets: '127.0.0.1', ports: '1-1024', maxRate, maxWorkers });
 * ```
 */
export const presets = Object.freeze({
  local: preset(
    'a network of your own: fast',
    { least: 500, most: 1000 },
    { least: 100, most: 200 },
  ),
  internet: preset(
    'hosts of others, over the internet: with respect for them',
    { least: 50, most: 100 },
    { least: 20, most: 50 },
  ),
  polite: preset(
    'fragile devices and busy links: hardly to be felt',
    { least: 10, most: 20 },
    { least: 5, most: 10 },
  ),
  'high-volume': preset(
    'many targets: between speed and steadiness',
    { least: 200, most: 500 },
    { least: 50, most: 100 },
  ),
});

/** The name of one of the {@link presets}. */
export type PresetName = keyof typeof presets;

/**
 * `quiet` is another word for `polite`.
 *
 * @throws InvalidArgumentError when there is no preset of that name
 */
export function presetNamed(name: string, value: unknown): Preset {
  if (value === 'quiet') return presets.polite;
  if (typeof value === 'string' && Object.hasOwn(presets, value)) {
    return presets[value as PresetName];
  }
  throw invalidArgument(name, value, `one of ${Object.keys(presets).join(', ')}`);
}
