// The unit and lifecycle tests on an addon built with ASan and UBSan: node scripts/sanitize.mjs [vitest args]
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
const reports = path.join(root, folder, 'reports');

// Folders whose tests exercise the addon inside the test process or in children of it.
const suites = ['test/unit', 'test/lifecycle'].filter((name) => existsSync(path.join(root, name)));

/** Why this cannot run here, else undefined. */
export function unsupported() {
  if (process.platform !== 'linux')
    return 'preloading the sanitizer into node is done on Linux only';
  return locate('g++') ? undefined : 'needs g++, whose sanitizer libraries are preloaded';
}

/** Builds the instrumented addon. */
export async function buildSanitized(options) {
  const before = addonFingerprint(folder);
  if (stamp.matches(before)) return;
  // node-gyp-build looks for build/Release below the folder that PACEGATE_PREBUILD names.
  await compileAddon(`${folder}/build`, { PACEGATE_SANITIZE: 'address,undefined' }, options);
  stamp.write(before);
}

/** Runs vitest on the instrumented addon; `args` take the place of the default folders. */
export async function runSanitized(args) {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const result = await runVitest(args.length > 0 ? args : suites, { env: await environment() });
  const findings = readReports().flatMap(ownFindings);
  if (findings.length === 0) return result;
  const output = `${result.output}\n${findings.join('\n\n')}`;
  return { ...result, failed: result.failed + findings.length, output };
}

async function environment() {
  const libraries = await Promise.all(['libasan.so', 'libubsan.so'].map(libraryPath));
  return {
    LD_PRELOAD: libraries.join(' '),
    PACEGATE_PREBUILD: path.join(root, folder),
    PACEGATE_SANITIZED: '1', // lets a test with a memory bound or a deadline know that it runs in slow motion
    VITEST_POOL: 'threads', // vitest kills forked workers, and a killed process reports no leaks
    // An error aborts at once. A leak does not change how a process ends, because V8 leaves memory behind when a
    // process exits early; reports go to files, where ours are told from V8's.
    ASAN_OPTIONS: `detect_leaks=1:abort_on_error=1:exitcode=0:log_path=${reports}/report`,
    UBSAN_OPTIONS: `halt_on_error=1:abort_on_error=1:print_stacktrace=1:log_path=${reports}/report`,
    LSAN_OPTIONS: 'print_suppressions=0',
  };
}

const readReports = () =>
  readdirSync(reports).map((name) => readFileSync(path.join(reports, name), 'utf8'));

/** What one process reported about the addon: any error, and those leaks that the addon allocated itself. */
export function ownFindings(text) {
  if (!text.includes('ERROR: LeakSanitizer')) return [text.trim()];
  return text
    .split(/\n\n+/)
    .filter((block) => /^(?:Direct|Indirect) leak of /m.test(block) && isOurs(block))
    .map((block) => block.trim());
}

const runtimeFrame =
  / in (?:operator new|__interceptor_|posix_memalign|std::|__gnu_cxx::)|libstdc\+\+\.so/;

/** The frame that asked for memory decides: below it there is always Node, and V8 calls are made by us too. */
function isOurs(stack) {
  const frames = stack.split('\n').filter((line) => /^\s*#\d+ /.test(line));
  const owner = frames.find((frame) => !runtimeFrame.test(frame)) ?? '';
  return /pacegate\.node|\/native\/|\/node-addon-api\/|<unknown module>/.test(owner);
}

async function libraryPath(name) {
  const result = await run('g++', [`-print-file-name=${name}`]);
  return result.output.trim();
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await ensureReadyOrExit({ need: 'test' });
  try {
    await buildSanitized();
    const result = await runSanitized(process.argv.slice(2));
    say(result.output.trimEnd());
    process.exitCode = result.failed > 0 ? 1 : 0;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
