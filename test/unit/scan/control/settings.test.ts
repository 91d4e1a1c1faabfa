import { describe, expect, it } from 'vitest';
import {
  presets,
  settingsFromEnvironment,
  SettingsError,
  type SettingsOptions,
} from '../../../../lib/scan/index.js';
import { isPacegateError } from '../../../../lib/internal/errors.js';

const RATE = 'PACEGATE_SCAN_RATE_LIMIT_REQUESTS';
const THREADS = 'PACEGATE_SCAN_MAX_THREADS';
const TIMEOUT = 'PACEGATE_SCAN_TIMEOUT_SECONDS';
const RETRIES = 'PACEGATE_SCAN_RETRY_ATTEMPTS';

function problems(env: Record<string, string>, options: object = {}): readonly string[] {
  try {
    settingsFromEnvironment(env, options);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings from the environment', () => {
  it('H7 are what the variables say, in the units of options', () => {
    const env = { [RATE]: '150', [THREADS]: '75', [TIMEOUT]: '10', [RETRIES]: '5', PATH: '/bin' };
    expect(settingsFromEnvironment(env)).toEqual({
      maxRate: 150,
      maxWorkers: 75,
      timeoutMs: 10_000,
      retries: 5,
    });
  });

  it('H7 hold only what is set; an empty variable is not', () => {
    expect(settingsFromEnvironment({})).toEqual({});
    expect(settingsFromEnvironment({ [RATE]: '', [TIMEOUT]: ' 0.25 ' })).toEqual({
      timeoutMs: 250,
    });
    expect(settingsFromEnvironment({ [RATE]: '0.5' })).toEqual({ maxRate: 0.5 });
    expect(settingsFromEnvironment({ [TIMEOUT]: '0.0015' })).toEqual({ timeoutMs: 2 });
  });

  it('H7 read the environment of the process when none is given', () => {
    process.env[RATE] = '42';
    try {
      expect(settingsFromEnvironment()).toMatchObject({ maxRate: 42 });
    } finally {
      Reflect.deleteProperty(process.env, RATE);
    }
  });

  it('H7 options go before the environment, the environment before the preset', () => {
    const env = { [RATE]: '150', [RETRIES]: '5' };
    const options: SettingsOptions = { retries: 0, preset: 'polite' };
    expect(settingsFromEnvironment(env, options)).toEqual({
      maxRate: 150,
      maxWorkers: 10,
      retries: 0,
    });
  });

  it('H7 all that are wrong are listed by one error', () => {
    const env = {
      [RATE]: 'fast',
      [THREADS]: '0',
      [TIMEOUT]: '601',
      [RETRIES]: '1.5',
      PACEGATE_SCAN_THREADS: '9',
    };
    expect(problems(env, { retries: -1, preset: 'turbo' })).toEqual([
      'preset must be one of local, internet, polite, high-volume, not "turbo"',
      `${RATE} must be a number, such as 10, not "fast"`,
      `${THREADS} must be a whole number from 1 to 65536, not 0`,
      `${TIMEOUT} must be a finite number from 0.001 to 600, not 601`,
      'retries must be a whole number from 0 to 255, not -1',
      `${RETRIES} must be a whole number from 0 to 255, not 1.5`,
      `there is no variable PACEGATE_SCAN_THREADS; there are ${RATE}, ${THREADS}, ${TIMEOUT}, ${RETRIES}`,
    ]);
  });

  it('H7 the error counts and names them, and is one of bad arguments', () => {
    const wrong = (): unknown => settingsFromEnvironment({ [RATE]: 'NaN', [RETRIES]: '256' });
    expect(wrong).toThrow(SettingsError);
    expect(wrong).toThrow(TypeError);
    expect(wrong).toThrow(/^2 settings are wrong: .*REQUESTS must be .*; .*ATTEMPTS must be /);
    expect(() => settingsFromEnvironment({ [RATE]: '0x10' })).toThrow(/^PACEGATE_SCAN_RATE/);
    try {
      wrong();
    } catch (error) {
      expect(isPacegateError(error) && error.code).toBe('ERR_PACEGATE_INVALID_ARGUMENT');
    }
  });

  it.each(['1e9', '-1', '0', 'Infinity', '1,5', '5s', '٣'])('H7 a rate of %j is none', (text) => {
    expect(problems({ [RATE]: text })).toHaveLength(1);
  });

  it('refuse what is no environment and no options', () => {
    expect(() => settingsFromEnvironment(null as never)).toThrow('env must be');
    expect(() => settingsFromEnvironment({}, 5 as never)).toThrow('options must be');
    expect(() => settingsFromEnvironment({}, { rate: 5 } as never)).toThrow('"rate"');
    expect(problems({}, { preset: 'toString' })).toHaveLength(1);
  });
});

describe('presets', () => {
  it('H8 are rates and workers of the four common cases', () => {
    const table = Object.entries(presets).map(([name, { rate, workers }]) => [
      name,
      [rate.least, rate.most],
      [workers.least, workers.most],
    ]);
    expect(table).toEqual([
      ['local', [500, 1000], [100, 200]],
      ['internet', [50, 100], [20, 50]],
      ['polite', [10, 20], [5, 10]],
      ['high-volume', [200, 500], [50, 100]],
    ]);
  });

  it('H8 quiet is another word for polite', () => {
    expect(settingsFromEnvironment({}, { preset: 'quiet' })).toEqual({
      maxRate: 20,
      maxWorkers: 10,
    });
  });

  it('H8 a scan takes the most of each', () => {
    for (const { maxRate, maxWorkers, rate, workers } of Object.values(presets)) {
      expect([maxRate, maxWorkers]).toEqual([rate.most, workers.most]);
    }
    expect(Object.isFrozen(presets) && Object.isFrozen(presets.local.rate)).toBe(true);
  });
});
