// The native addon, compiled by cmake-js.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { filesBelow, fingerprint, installedVersion, Stamp } from './fingerprint.mjs';
import { mustNode, root } from './process.mjs';
import { locate } from './system-tools.mjs';

/** A compiler cache, where there is one; CMake reads the variable when it configures. */
export const compilerCache = locate('ccache') ? { CMAKE_CXX_COMPILER_LAUNCHER: 'ccache' } : {};

const shipped = (file) => !/^native\/(test|fuzz|bench)\//.test(file);

/** Everything the addon is made from; newer Node-API headers count too. */
export function addonFingerprint(...salt) {
  return fingerprint(
    ['CMakeLists.txt', ...filesBelow('native', shipped)],
    process.platform,
    process.arch,
    ...['cmake-js', 'node-addon-api', 'node-api-headers'].map(installedVersion),
    ...salt,
  );
}

/**
 * Builds the addon into `folder` (relative to the repository), incrementally. Returns the .node file.
 * `cmake-js build`, not `compile`: the latter answers a compile error by building everything once more.
 */
export async function compileAddon(folder, settings = {}, options = {}) {
  removeForeignCache(folder);
  const defines = Object.entries(settings).map(([name, value]) => `--CD${name}=${value}`);
  const cmakeJs = path.join(root, 'node_modules/cmake-js/bin/cmake-js');
  await mustNode(
    'compiling the native addon',
    [cmakeJs, 'build', '--directory', root, '--out', path.join(root, folder), ...defines],
    { env: compilerCache, ...options },
  );
  return path.join(root, folder, 'Release/pacegate.node');
}

/** CMake refuses a build folder that was copied or moved here from elsewhere. */
export function removeForeignCache(folder) {
  const cache = path.join(root, folder, 'CMakeCache.txt');
  if (!existsSync(cache)) return;
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8'))?.[1];
  if (!home || path.resolve(home) !== root) rmSync(path.join(root, folder), { recursive: true });
}

const stamp = new Stamp('build/.pacegate-addon');
const product = path.join(root, 'build/Release/pacegate.node');

export const addon = {
  title: 'compiling the native addon',
  isFresh: () => existsSync(product) && stamp.matches(addonFingerprint()),
  async build() {
    const before = addonFingerprint(); // a file saved while the compiler runs must count as not yet built
    await compileAddon('build');
    stamp.write(before);
  },
};
