// The ground truth of system tests and benches (test/net/responder): an XDP program and the tool that loads it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compilerCache, removeForeignCache } from './addon.mjs';
import { filesBelow, fingerprint, Stamp } from './fingerprint.mjs';
import { must, root } from './process.mjs';
import { locate } from './system-tools.mjs';

const folder = 'build-responder';
const product = path.join(root, folder, 'test/net/responder/pacegate_responder');
const stamp = new Stamp(`${folder}/.pacegate-responder`);

const current = () =>
  fingerprint([
    'CMakeLists.txt',
    ...filesBelow('test/net/responder', (file) => !file.endsWith('.ts')),
    ...['core', 'packet', 'platform'].flatMap((layer) => filesBelow(`native/${layer}`)),
  ]);

export const responder = {
  title: 'compiling the test responder',
  since: 'test',
  isFresh: () => process.platform !== 'linux' || (existsSync(product) && stamp.matches(current())),
  async build() {
    const before = current();
    removeForeignCache(folder);
    const generator = !existsSync(path.join(root, folder, 'CMakeCache.txt')) && locate('ninja');
    await must(
      'configuring the test responder',
      'cmake',
      ['-S', '.', '-B', folder, '-DPACEGATE_RESPONDER=ON', ...(generator ? ['-G', 'Ninja'] : [])],
      { env: compilerCache },
    );
    await must('compiling the test responder', 'cmake', [
      ...['--build', folder, '--target', 'pacegate_responder', '--parallel', '2'],
    ]);
    stamp.write(before);
  },
};
