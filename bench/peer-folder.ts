// Packages to compare with: installed on demand into a folder of bench/, where package-lock.json fixes their versions.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

// This file runs from build-bench.
const benches = path.resolve(import.meta.dirname, '../bench');
const NPM_TIMEOUT_MS = 180_000;

/** One such folder. No install script runs, but for the native packages, and only where they do not load without. */
export class PeerFolder {
  readonly #folder: string;
  readonly #natives: readonly string[];
  readonly #require: NodeJS.Require;

  /**
   * @param natives packages whose binary may have to be compiled here: their prebuilt one may ask for a newer glibc
   * than Debian 12 has, or there may be none
   */
  constructor(name: string, natives: readonly string[]) {
    this.#folder = path.join(benches, name);
    this.#natives = natives;
    this.#require = createRequire(path.join(this.#folder, 'package.json'));
  }

  /**
   * Brings node_modules up to date.
   *
   * @returns what went wrong, in one line: then the comparison is without the packages that are missing
   */
  async install(): Promise<string | undefined> {
    try {
      if (!this.#isInstalled()) {
        process.stderr.write('pacegate: installing the packages to compare with\n');
        await this.#npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
      }
      for (const native of this.#natives.filter((name) => this.missing(name) !== undefined)) {
        process.stderr.write(`pacegate: compiling ${native}\n`);
        await this.#npm(['rebuild', native, '--ignore-scripts=false', ...headersOfThisNode()]);
      }
      return undefined;
    } catch (error) {
      return firstLine(error);
    }
  }

  /** Why a package cannot take part, in one line; undefined when it can. */
  missing(name: string): string | undefined {
    try {
      this.#require(name);
      return undefined;
    } catch (error) {
      return firstLine(error);
    }
  }

  /** The module, typed by the caller: these packages are not there when this is compiled. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the shape where it is loaded
  load<Module>(name: string): Module {
    return this.#require(name) as Module;
  }

  /** Full path of a package's entry, for a process of its own. */
  resolve(name: string): string {
    return this.#require.resolve(name);
  }

  /** { limiter: '4.1.0', … }, of what is installed. */
  versions(): Record<string, string> {
    const text = readFileSync(path.join(this.#folder, 'package.json'), 'utf8');
    const { dependencies, optionalDependencies } = JSON.parse(text) as Record<
      string,
      Record<string, string>
    >;
    const wanted = { ...dependencies, ...optionalDependencies };
    return Object.fromEntries(Object.entries(wanted).filter(([name]) => !this.missing(name)));
  }

  #isInstalled(): boolean {
    const installed = path.join(this.#folder, 'node_modules/.package-lock.json'); // written by npm itself
    const wanted = path.join(this.#folder, 'package-lock.json');
    return existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
  }

  /** Through npm's own script where it is known, so that no shell is involved. */
  async #npm(args: readonly string[]): Promise<void> {
    const script = process.env['npm_execpath'];
    const isScript = script?.endsWith('npm-cli.js') ?? false;
    await promisify(execFile)(
      isScript ? process.execPath : 'npm',
      [...(isScript && script !== undefined ? [script] : []), ...args, '--loglevel=error'],
      {
        cwd: this.#folder,
        timeout: NPM_TIMEOUT_MS,
        shell: process.platform === 'win32' && !isScript,
      },
    );
  }
}

/** Where Node was unpacked with its headers, these are right and nothing has to be fetched. */
function headersOfThisNode(): string[] {
  const prefix = path.resolve(path.dirname(process.execPath), '..');
  return existsSync(path.join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? 'unknown';
