// The other packages: installed on demand into bench/peers, where package-lock.json fixes their versions.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

// This file runs from build-bench/limiters.
const folder = path.resolve(import.meta.dirname, '../../bench/peers');
const peerRequire = createRequire(path.join(folder, 'package.json'));
const NPM_TIMEOUT_MS = 180_000;
/** Its prebuilt binary asks for a newer glibc than Debian 12 has; then it is compiled, as npm would do it. */
const NATIVE_PEER = '@hyperlimit/core';

/**
 * Brings bench/peers/node_modules up to date. No install script runs, but for that of the one native package, and
 * only where its prebuilt binary does not load.
 *
 * @returns what went wrong, in one line: then the comparison is without the packages that are missing
 */
export async function installPeers(): Promise<string | undefined> {
  try {
    if (!isInstalled()) {
      process.stderr.write('pacegate: installing the packages to compare with\n');
      await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
    }
    if (missing(NATIVE_PEER) !== undefined) {
      process.stderr.write(`pacegate: compiling ${NATIVE_PEER}\n`);
      await npm(['rebuild', NATIVE_PEER, '--ignore-scripts=false']);
    }
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

function isInstalled(): boolean {
  const installed = path.join(folder, 'node_modules/.package-lock.json'); // written by npm itself
  const wanted = path.join(folder, 'package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
}

/** Through npm's own script where it is known, so that no shell is involved. */
async function npm(args: readonly string[]): Promise<void> {
  const script = process.env['npm_execpath'];
  const isScript = script?.endsWith('npm-cli.js') ?? false;
  await promisify(execFile)(
    isScript ? process.execPath : 'npm',
    [...(isScript && script !== undefined ? [script] : []), ...args, '--loglevel=error'],
    { cwd: folder, timeout: NPM_TIMEOUT_MS, shell: process.platform === 'win32' && !isScript },
  );
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? 'unknown';

/** Why a package cannot take part, in one line; undefined when it can. */
export function missing(peer: string): string | undefined {
  try {
    peerRequire(peer);
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

/** The module, typed by the caller: these packages are not there when this is compiled. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the shape where it is loaded
export function peer<Module>(name: string): Module {
  return peerRequire(name) as Module;
}

/** { limiter: '4.1.0', … }, of what is installed. */
export function peerVersions(): Record<string, string> {
  const text = readFileSync(path.join(folder, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies } = JSON.parse(text) as Record<
    string,
    Record<string, string>
  >;
  const wanted = { ...dependencies, ...optionalDependencies };
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !missing(name)));
}
