// The Node-free C++ tests: plain, under AddressSanitizer with UndefinedBehaviorSanitizer, under ThreadSanitizer, and
// with the platform that systems other than Linux get.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { compilerCache } from '../steps/addon.mjs';
import { root, run } from '../steps/process.mjs';
import { locate, tool } from '../steps/system-tools.mjs';

/**
 * A build folder of its own per variant, kept between runs. Sanitized builds keep assertions (Debug), and the
 * first report ends the run, so that no finding scrolls by.
 */
function nativeTests(name, folder, { sanitize = '', platform = '', only = [], env = {} }) {
  return {
    name,
    group: 'native',
    skip() {
      if (platform && process.platform !== 'linux') return 'it is what the native stage runs here';
      if (sanitize && process.platform === 'win32') return 'MSVC has no such sanitizer';
      return tool('doctest') ? undefined : 'doctest is not installed';
    },
    together: sanitize && 'sanitized',
    prepare: (how) => build(folder, sanitize, platform, how),
    async run(built) {
      if (!built.ok) return { passed: 0, failed: 1, skipped: 0, output: built.output };
      const program = binary(folder);
      const tests = await run(program, ['--no-path-filenames=1', '--no-intro=1', ...only], {
        env,
        timeoutMs: 600_000,
      });
      if (only.length === 0) return counts(tests);
      return counts(tests, await run(program, ['--count', '--no-skip', ...only], { env }));
    },
  };
}

async function build(folder, sanitize, platform, how) {
  if (isForeign(folder)) rmSync(path.join(root, folder), { recursive: true });
  const fresh = !existsSync(path.join(root, folder, 'CMakeCache.txt'));
  const configured = await run(
    'cmake',
    [
      ...['-S', '.', '-B', folder, '-DPACEGATE_TESTS=ON', `-DPACEGATE_SANITIZE=${sanitize}`],
      `-DCMAKE_BUILD_TYPE=${sanitize ? 'Debug' : 'Release'}`,
      `-DPACEGATE_PLATFORM=${platform}`,
      ...(fresh && locate('ninja') ? ['-G', 'Ninja'] : []),
    ],
    { env: compilerCache, ...how },
  );
  if (!configured.ok) return configured;
  const target = ['--config', 'Release', '--target', 'pacegate_tests'];
  const parallel = ['--parallel', String(availableParallelism())];
  return run('cmake', ['--build', folder, ...target, ...parallel], how);
}

function isForeign(folder) {
  const cache = path.join(root, folder, 'CMakeCache.txt');
  if (!existsSync(cache)) return false;
  return !readFileSync(cache, 'utf8').includes(
    `CMAKE_HOME_DIRECTORY:INTERNAL=${root.replaceAll('\\', '/')}\n`,
  );
}

function binary(folder) {
  const base = path.join(root, folder, 'native/test');
  return locate(
    path.join(base, 'pacegate_tests'),
    path.join(base, 'Release/pacegate_tests.exe'),
    path.join(base, 'pacegate_tests.exe'),
  );
}

/**
 * Reads doctest's closing line; without one the program died, which is a failure whatever came before.
 *
 * @param chosen - what `--count` says of the cases that a filter lets through: doctest counts the others as skipped
 */
export function counts({ ok, output }, chosen) {
  const line = /test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped/.exec(
    output,
  );
  if (!line) return { passed: 0, failed: 1, skipped: 0, output };
  const [passed, failed, skipped] = line.slice(1).map(Number);
  const clean = ok && passed > 0;
  return {
    passed,
    failed: clean ? failed : Math.max(failed, 1),
    skipped: chosen === undefined ? skipped : cases(chosen) - passed - failed,
    output,
  };
}

function cases({ output }) {
  const [, number] = /test cases passing the current filters:\s*(\d+)/.exec(output) ?? [];
  if (number === undefined) throw new Error(`doctest counts no test cases: ${output}`);
  return Number(number);
}

export const nativeRelease = nativeTests('native', 'build-native', {});

export const nativeGeneric = nativeTests('native-generic', 'build-generic', {
  platform: 'generic',
  only: ['--source-file=*/platform/*,*/engine/*'],
});

// Single steps: the instructions of an instrumented build are ten times as many, and not those that ship.
const withoutSteps = ['--test-case-exclude=*killed before any instruction*'];

// ThreadSanitizer sees the threads of one process: killed processes and long runs of a single thread tell it nothing,
// and take it five times as long.
const withoutWhatHasNoThreads = [
  '--test-case-exclude=*killed*',
  `--source-file-exclude=${[
    'core/limit/adaptive_throttle_test',
    'core/limit/key_id_test',
    'core/limit/keyed_flood_test',
    'engine/deferral/deferral_model_test',
    'packet/frame_variation_test',
  ]
    .map((name) => `*/${name}.cc`)
    .join(',')}`,
];

export const nativeAsan = nativeTests('native-asan', 'build-asan', {
  sanitize: 'address,undefined',
  only: withoutSteps,
  env: {
    ASAN_OPTIONS:
      'detect_leaks=1:halt_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  },
});

export const nativeTsan = nativeTests('native-tsan', 'build-tsan', {
  sanitize: 'thread',
  only: withoutWhatHasNoThreads,
  env: {
    TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1',
  },
});
