// Everything below the binding and its tests, compiled and linked for Windows: what is portable has to stay so.
// Nothing is run, so nothing is optimised.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { compilerCache } from '../steps/addon.mjs';
import { root, run } from '../steps/process.mjs';
import { locate, tool } from '../steps/system-tools.mjs';
import { verdict } from './single-checks.mjs';

const folder = 'build-mingw';

export const mingw = {
  name: 'mingw',
  group: 'native',
  skip() {
    if (process.platform !== 'linux') return 'cross-compiling for Windows is done on Linux';
    if (!tool('mingw-w64')) return 'mingw-w64 is not installed';
    return tool('doctest') ? undefined : 'doctest is not installed';
  },
  async run() {
    const fresh = !existsSync(path.join(root, folder, 'CMakeCache.txt'));
    const configured = await run(
      'cmake',
      [
        ...['-S', '.', '-B', folder, '-DPACEGATE_TESTS=ON', '-DCMAKE_SYSTEM_NAME=Windows'],
        `-DCMAKE_CXX_COMPILER=${tool('mingw-w64')}`,
        ...['-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_CXX_FLAGS_DEBUG=-O0'],
        ...(fresh && locate('ninja') ? ['-G', 'Ninja'] : []),
      ],
      { env: compilerCache },
    );
    if (!configured.ok) return verdict(false, configured.output);
    const built = await run('cmake', [
      ...['--build', folder, '--target', 'pacegate_tests'],
      ...['--parallel', String(availableParallelism())],
    ]);
    return verdict(built.ok, built.output);
  },
};
