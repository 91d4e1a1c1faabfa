// lib/*.ts to dist/, without leaving behind what no longer has a source.
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { filesBelow, fingerprint, installedVersion, Stamp } from './fingerprint.mjs';
import { mustNode, root } from './process.mjs';

const stamp = new Stamp('build/.pacegate-typescript'); // not in dist/: all of that is published

const current = () =>
  fingerprint(
    ['tsconfig.json', ...filesBelow('lib')],
    installedVersion('typescript'),
    installedVersion('@types/node'),
  );

export const typescript = {
  title: 'compiling TypeScript',
  isFresh: () => existsSync(path.join(root, 'dist/index.js')) && stamp.matches(current()),
  async build() {
    const before = current();
    await mustNode('tsc -p lib/tsconfig.json', [
      path.join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'lib/tsconfig.json',
    ]);
    removeStale();
    stamp.write(before);
  },
};

function removeStale() {
  for (const file of filesBelow('dist')) {
    const source = file.replace(/^dist\//, 'lib/').replace(/(\.d)?\.[jt]s(\.map)?$/, '.ts');
    if (!existsSync(path.join(root, source))) rmSync(path.join(root, file));
  }
}
