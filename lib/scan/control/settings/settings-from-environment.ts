// Settings of a scan from environment variables, from options and from a preset.

import {
  checkNumber,
  checkOptions,
  invalidArgument,
  type NumberBounds,
} from '../../../internal/check.js';
import { RATE_BOUNDS, WORKER_BOUNDS } from '../../pace-options.js';
import { presetNamed, type PresetName } from './presets.js';
import { SettingsError } from './settings-error.js';

/** Settings that may come from the environment. What nobody has set is absent, and the default of who takes it holds. */
export interface EnvironmentSettings {
  /** Probes a second, repeated ones included; 0.001 to 100 000 000. */
  maxRate?: number;
  /** Connections or tasks under way at once; 1 to 65 536. */
  maxWorkers?: number;
  /** How long an answer is awaited, in milliseconds; 1 to 600 000. */
  timeoutMs?: number;
  /** Further probes for a target that stays silent; 0 to 255. */
  retries?: number;
}

/** What goes before the environment, and what stands behind it. */
export interface SettingsOptions extends EnvironmentSettings {
  /** The name of one of the `presets` (`quiet` is `polite`), for what neither options nor environment set. */
  preset?: PresetName | 'quiet';
}

/** One setting, and its variable. */
interface Setting {
  readonly name: keyof EnvironmentSettings;
  readonly bounds: NumberBounds;
  readonly variable: string;
  /** How many units of the setting one of the variable is; 1 when absent. */
  readonly unit?: number;
  /** In units of the variable; absent: those of the setting. */
  readonly variableBounds?: NumberBounds;
}

const PREFIX = 'PACEGATE_SCAN_';
const SETTINGS: readonly Setting[] = [
  { name: 'maxRate', bounds: RATE_BOUNDS, variable: `${PREFIX}RATE_LIMIT_REQUESTS` },
  { name: 'maxWorkers', bounds: WORKER_BOUNDS, variable: `${PREFIX}MAX_THREADS` },
  {
    name: 'timeoutMs',
    bounds: { min: 1, max: 600_000, integer: true },
    variable: `${PREFIX}TIMEOUT_SECONDS`,
    unit: 1000,
    variableBounds: { min: 0.001, max: 600 },
  },
  {
    name: 'retries',
    bounds: { min: 0, max: 255, integer: true },
    variable: `${PREFIX}RETRY_ATTEMPTS`,
  },
];

/** The variables that {@link settingsFromEnvironment} reads. */
export const environmentVariables: readonly string[] = SETTINGS.map(({ variable }) => variable);

/**
 * Reads `PACEGATE_SCAN_RATE_LIMIT_REQUESTS` (probes a second), `PACEGATE_SCAN_MAX_THREADS`,
 * `PACEGATE_SCAN_TIMEOUT_SECONDS` (fractions to the millisecond) and `PACEGATE_SCAN_RETRY_ATTEMPTS`. An empty variable
 * is one that is not set. Options go before the environment, and the environment before the preset.
 *
 * A wrong value is an error also where another one goes before it, and so is a variable whose name begins with
 * `PACEGATE_SCAN_` and is none of these: a limit that was misspelt would not be kept.
 *
 * @param env - the variables; by default those of the process
 * @param options - what goes before them
 * @returns what is set, and nothing else
 * @throws SettingsError (`ERR_PACEGATE_INVALID_ARGUMENT`) that lists every setting that is wrong; other PacegateErrors
 * for arguments that are no objects and for options that do not exist
 *
 * @example
 * ```ts
 * import { scan, settingsFromEnvironment } from 'pacegate/scan';
 *
 * // 150 wherever the environment sets no rate, 1 retry whatever it says.
 * const settings = { maxRate: 150, ...settingsFromEnvironment(process.env, { retries: 1 }) };
 * scan({ targets: '127.0.0.1', ports: '22,80', ...settings });
 * ```
 */
export function settingsFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
  options: SettingsOptions = {},
): EnvironmentSettings {
  if (typeof env !== 'object' || (env as unknown) === null) {
    throw invalidArgument('env', env, 'an object of environment variables');
  }
  const names = SETTINGS.map(({ name }) => name);
  const given = checkOptions('options', options, [...names, 'preset']);
  const problems: string[] = [];
  const note = (error: unknown): void => {
    problems.push((error as Error).message);
  };
  const preset = tried(() => presetOf(given['preset']), note);
  const settings: EnvironmentSettings = {};
  for (const setting of SETTINGS) {
    const option = tried(() => optionOf(setting, given[setting.name]), note);
    const variable = tried(() => variableOf(setting, env[setting.variable]), note);
    const value = option ?? variable ?? preset?.[setting.name];
    if (value !== undefined) settings[setting.name] = value;
  }
  problems.push(...Object.keys(env).filter(isMisspelt).map(misspelt));
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** What `read` gives; where it throws, `note` hears of it and nothing is given. */
function tried<T>(read: () => T, note: (error: unknown) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    note(error);
    return undefined;
  }
}

function presetOf(name: unknown): EnvironmentSettings | undefined {
  return name === undefined ? undefined : presetNamed('preset', name);
}

function optionOf({ name, bounds }: Setting, value: unknown): number | undefined {
  return value === undefined ? undefined : checkNumber(name, value, bounds);
}

function variableOf(setting: Setting, text: unknown): number | undefined {
  const { variable, unit = 1, bounds, variableBounds = bounds } = setting;
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(text)) {
    throw invalidArgument(variable, text, 'a number, such as 10');
  }
  const value = checkNumber(variable, Number(text), variableBounds) * unit;
  return bounds.integer === true ? Math.round(value) : value;
}

function isMisspelt(variable: string): boolean {
  return variable.startsWith(PREFIX) && !environmentVariables.includes(variable);
}

function misspelt(variable: string): string {
  return `there is no variable ${variable}; there are ${environmentVariables.join(', ')}`;
}
