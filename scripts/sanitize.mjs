// The unit and lifecycle tests on an addon built with ASan and UBSan: node scripts/sanitize.mjs [vitest args]
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureReadyOrExit } from './bootstrap.mjs';
import { addonFingerprint, compileAddon } from './steps/addon.mjs';
import { Stamp } from './steps/fingerprint.mjs';
import { report, root, run, say } from './steps/process.mjs';
import { locate } from './steps/system-tools.mjs';
import { runVitest } from './stages/vitest.mjs';

const folder = 'build-addon-asan';
const stamp = new Stamp(`${folder}/.pacegate-addon`);

// Folders whose tests exercise the addon inside the test process or in children of it.
const suites = ['test/unit', 'test/lifecycle'].filter((name) => existsSync(path.join(root, name)));

/** Why this cannot run here, else undefined. */
export function unsupported() {
  if (process.platform !== 'linux')
    return 'preloading the sanitizer into node is done on Linux only';
  return locate('g++') ? undefined : 'needs g++, whose sanitizer libraries are preloaded';
}

/** Builds the instrumented addon and runs vitest on it; `args` take the place of the default folders. */
export async function runSanitized(args) {
  const before = addonFingerprint(folder);
  if (!stamp.matches(before)) {
    // node-gyp-build looks for build/Release below the folder that PACEGATE_PREBUILD names.
    await compileAddon(`${folder}/build`, { PACEGATE_SANITIZE: 'address,undefined' });
    stamp.write(before);
  }
  return runVitest(args.length > 0 ? args : suites, { env: await environment() });
}

async function environment() {
  const libraries = await Promise.all(['libasan.so', 'libubsan.so'].map(libraryPath));
  const suppressions = path.join(root, folder, 'leaks.supp');
  mkdirSync(path.dirname(suppressions), { recursive: true });
  writeFileSync(suppressions, knownLeaks.map((name) => `leak:${name}\n`).join(''));
  return {
    LD_PRELOAD: libraries.join(' '),
    PACEGATE_PREBUILD: path.join(root, folder),
    PACEGATE_SANITIZED: '1', // lets a test with a memory bound or a deadline know that it runs in slow motion
    VITEST_POOL: 'threads', // vitest kills forked workers, and a killed process reports no leaks
    ASAN_OPTIONS: 'detect_leaks=1:halt_on_error=1',
    LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0`,
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  };
}

// Not ours: what the bundler inside vitest keeps until the process ends.
const knownLeaks = ['rolldown-binding'];

async function libraryPath(name) {
  const result = await run('g++', [`-print-file-name=${name}`]);
  return result.output.trim();
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await ensureReadyOrExit({ need: 'test' });
  try {
    const result = await runSanitized(process.argv.slice(2));
    say(result.output.trimEnd());
    process.exitCode = result.failed > 0 ? 1 : 0;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
