// `npm run bench -- <name> [args]`: one bench, measured here; its figures go to bench/results/<name>.json.
// `npm run bench` lists them.
//
// A bench is bench/<name>.bench.ts (or .mjs). Its first comment line says what it measures; it imports
// 'pacegate' like any user, so it measures the built package, and exports
//   run(args: string[]): Promise<object>      prints what a person reads, returns what is kept
// (a result with isQuick: true is a smoke run's, which is not kept).
// Tools from native/bench, when there are any, are built first; PACEGATE_BENCH_TOOLS is their folder.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReadyOrExit } from './bootstrap.mjs';
import { compilerCache } from './steps/addon.mjs';
import { must, mustNode, report, root, run, say, StepError } from './steps/process.mjs';
import { locate } from './steps/system-tools.mjs';

const folder = path.join(root, 'bench');
const compiled = path.join(root, 'build-bench');
const tools = path.join(root, 'build-bench-tools');

/** Bench names with their files: { pacing: 'pacing.bench.ts' }. */
function benches() {
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  const entries = files.map((file) => [/^(.+)\.bench\.(?:ts|mjs)$/.exec(file)?.[1], file]);
  return Object.fromEntries(entries.filter(([name]) => name));
}

function list(known) {
  console.log('usage: npm run bench -- <name> [arguments]\n');
  for (const [name, file] of Object.entries(known)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const about = /^\s*(?:\/\/|\/\*\*?)\s*(.*?)\s*(?:\*\/)?$/m.exec(text)?.[1] ?? '';
    console.log(`  ${name.padEnd(16)} ${about}`);
  }
}

/** The module to import: TypeScript is compiled first, because Node 20 cannot run it. */
async function moduleOf(file) {
  if (file.endsWith('.mjs')) return path.join(folder, file);
  await mustNode('tsc -p bench/tsconfig.json', [
    path.join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    path.join(folder, 'tsconfig.json'),
  ]);
  return path.join(compiled, file.replace(/\.ts$/, '.js'));
}

async function buildTools() {
  if (!existsSync(path.join(root, 'native/bench/CMakeLists.txt'))) return;
  const generator = !existsSync(path.join(tools, 'CMakeCache.txt')) && locate('ninja');
  await must(
    'configuring native/bench',
    'cmake',
    ['-S', root, '-B', tools, '-DPACEGATE_BENCH=ON', ...(generator ? ['-G', 'Ninja'] : [])],
    { env: compilerCache },
  );
  await must('building native/bench', 'cmake', ['--build', tools, '--config', 'Release']);
  process.env.PACEGATE_BENCH_TOOLS = path.join(tools, 'native/bench');
}

async function machine() {
  const commit = await run('git', ['describe', '--always', '--dirty', '--abbrev=12']);
  return {
    date: new Date().toISOString(),
    commit: commit.ok ? commit.output.trim() : 'unknown',
    processor: os.cpus()[0]?.model ?? 'unknown',
    processors: os.availableParallelism(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
  };
}

async function measure(name, file, args) {
  await buildTools();
  const { run: bench } = await import(pathToFileURL(await moduleOf(file)).href);
  if (typeof bench !== 'function') throw new StepError(`bench/${file} exports no run(args)`);
  const where = await machine(); // before, so that a commit made meanwhile is not credited
  const figures = await bench(args);
  if (figures.isQuick) return;
  const target = path.join(folder, 'results', `${name}.json`);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(
    target,
    `${JSON.stringify({ name, arguments: args, ...where, figures }, null, 2)}\n`,
  );
  say(`written to ${path.relative(root, target)}`);
}

const [name, ...args] = process.argv.slice(2);
const known = benches();
if (name === undefined) {
  list(known);
} else if (!Object.hasOwn(known, name)) {
  say(`pacegate: no bench called ${name}; there are: ${Object.keys(known).join(', ') || 'none'}`);
  process.exitCode = 2;
} else {
  await ensureReadyOrExit({ need: 'bench' });
  try {
    await measure(name, known[name], args);
  } catch (error) {
    const isUsage = String(error.code).startsWith('ERR_PARSE_ARGS');
    report(isUsage ? new StepError(error.message) : error);
    process.exitCode = isUsage ? 2 : 1;
  }
}
