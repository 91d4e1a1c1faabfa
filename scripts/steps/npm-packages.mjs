// npm packages, exactly as package-lock.json has them.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fingerprint, Stamp } from './fingerprint.mjs';
import { must, root } from './process.mjs';

const stamp = new Stamp('node_modules/.pacegate-packages'); // inside, so that it goes when node_modules goes
const installed = path.join(root, 'node_modules/.package-lock.json'); // written by npm itself
const wanted = path.join(root, 'package-lock.json');

const current = () => fingerprint(['package-lock.json']);

export const npmPackages = {
  title: 'installing npm packages',
  isFresh() {
    if (!existsSync(installed)) return false;
    // Someone who ran `npm install` by hand has no stamp of ours, but a newer file of npm's.
    return stamp.matches(current()) || statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
  },
  async build() {
    // --include=dev: NODE_ENV=production or omit=dev in a user's settings would leave out the compilers.
    await npm('npm ci', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
    stamp.write(current());
  },
};

/** npm as it was called, or as it is found; through its script where possible, so that no shell is involved. */
export function npm(what, args, options) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js'))
    return must(what, process.execPath, [script, ...args], options);
  return must(what, process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}
