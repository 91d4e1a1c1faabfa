// What prebuildify runs in the place of node-gyp: the same request in cmake-js's words.
//
// It is called as `rebuild --target=<Node version> --devdir=... --arch=<arch> --release|--debug`. The target must
// not be passed on: cmake-js takes that word for a target of CMake's. Node-API makes the version irrelevant.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
const value = (name) => given.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

const args = ['rebuild', '--directory', root, '--out', path.join(process.cwd(), 'build')];
args.push('--config', given.includes('--debug') ? 'Debug' : 'Release');
// Elsewhere the architecture is the compiler's, and cmake-js ignores the option.
if (['win32', 'darwin'].includes(process.platform) && value('arch'))
  args.push('--arch', value('arch'));
// prebuildify passes only the first of "x64+arm64"; a universal macOS binary needs both.
const architectures = (process.env.PREBUILD_ARCH ?? '').split('+');
if (process.platform === 'darwin' && architectures.length > 1) {
  const names = architectures.map((arch) => (arch === 'x64' ? 'x86_64' : arch));
  args.push(`--CDCMAKE_OSX_ARCHITECTURES=${names.join(';')}`);
}

const cmakeJs = path.join(root, 'node_modules/cmake-js/bin/cmake-js');
process.exit(spawnSync(process.execPath, [cmakeJs, ...args], { stdio: 'inherit' }).status ?? 1);
