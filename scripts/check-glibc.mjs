// Fails when a published Linux binary needs a newer system than we promise, and names the symbols that do.
//   node scripts/check-glibc.mjs [file.node ...]      default: every prebuild for Linux with glibc
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { report, root, run, StepError } from './steps/process.mjs';

/** RHEL 8 and Debian 10: what Node 20 itself asks for. */
const floor = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' };

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Undefined symbols with their version: [{ symbol, library: 'GLIBC', version: '2.17' }]. */
async function neededSymbols(file) {
  const result = await run('readelf', ['--wide', '--dyn-syms', file]);
  if (!result.ok) throw new StepError(`cannot read ${file}`, result.output);
  return [...result.output.matchAll(/UND (\S+?)@(GLIBC|GLIBCXX|CXXABI)_([\d.]+)/g)].map(
    ([, symbol, library, version]) => ({ symbol, library, version }),
  );
}

/** Prints what one binary needs; returns the symbols above the floor. */
async function check(file) {
  const needed = await neededSymbols(file);
  if (needed.length === 0)
    throw new StepError(`${file} names no versioned symbol: is it a Linux binary?`);
  const highest = Object.keys(floor).map((library) => {
    const versions = needed
      .filter((entry) => entry.library === library)
      .map((entry) => entry.version);
    const top = versions.sort(compareVersions).at(-1);
    return top ? `${library} ${top} (floor ${floor[library]})` : `no ${library}`;
  });
  console.log(`${path.relative(root, file)} needs ${highest.join(', ')}`);
  return needed.filter(({ library, version }) => compareVersions(version, floor[library]) > 0);
}

function publishedBinaries() {
  const folder = path.join(root, 'prebuilds');
  const platforms = existsSync(folder) ? readdirSync(folder) : [];
  return platforms
    .filter((name) => name.startsWith('linux-'))
    .flatMap((name) =>
      readdirSync(path.join(folder, name)).map((file) => path.join(folder, name, file)),
    )
    .filter((file) => file.endsWith('.glibc.node'));
}

try {
  const files = process.argv.length > 2 ? process.argv.slice(2) : publishedBinaries();
  if (files.length === 0)
    throw new StepError('no prebuild for Linux; run: npm run build:prebuilds');
  for (const file of files) {
    for (const { symbol, library, version } of await check(file)) {
      console.log(`  too new: ${symbol} (${library}_${version})`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  report(error);
  process.exitCode = 1;
}
