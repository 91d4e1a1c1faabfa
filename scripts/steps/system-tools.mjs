// Finds the system tools of system-packages.mjs; installs what is missing where that is ours to do.
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run, say, searchPath, StepError } from './process.mjs';
import { levels, systemPackages } from './system-packages.mjs';

const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];

/** Full path of the first of `candidates` (commands or absolute files) that exists, else undefined. */
export function locate(...candidates) {
  for (const candidate of candidates) {
    if (path.isAbsolute(candidate)) {
      if (existsSync(candidate)) return candidate;
      continue;
    }
    for (const folder of searchPath) {
      for (const suffix of suffixes) {
        const file = path.join(folder, candidate + suffix);
        if (isExecutable(file)) return file;
      }
    }
  }
  return undefined;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of a tool named in the table, else undefined. */
export function tool(name) {
  const entry = systemPackages.find((candidate) => candidate.name === name);
  if (!entry) throw new Error(`no such tool in system-packages.mjs: ${name}`);
  return locate(...entry.found);
}

/** What `need` ('run' | 'test' | 'bench') asks for on this platform and is not here. */
export function missingPackages(need) {
  const level = levels.indexOf(need);
  return systemPackages.filter(
    (entry) =>
      levels.indexOf(entry.since) <= level &&
      entry.on.includes(process.platform) &&
      !locate(...entry.found),
  );
}

/** Installs the missing tools as root on Debian and its kin; otherwise says how to, and fails. */
export async function ensureSystemTools(need) {
  const missing = missingPackages(need);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((entry) => entry.apt))];
  if (process.platform !== 'linux' || !locate('apt-get') || process.getuid() !== 0) {
    throw new StepError(
      `missing: ${missing.map((entry) => entry.name).join(', ')}; ${advice(missing)}`,
    );
  }
  say(`pacegate: installing ${packages.join(' ')} (apt-get)`);
  await aptInstall(packages);
  const still = missingPackages(need).map((entry) => entry.name);
  if (still.length > 0)
    throw new StepError(`apt-get reported success, but missing still: ${still.join(', ')}`);
}

function advice(missing) {
  const names = (manager) => [...new Set(missing.map((entry) => entry[manager]))].join(' ');
  if (process.platform === 'darwin') return `run: brew install ${names('brew')}`;
  if (process.platform === 'win32')
    return 'install CMake from https://cmake.org/download and Visual Studio 2022 with C++';
  if (!locate('apt-get')) return `install them (on Debian: apt-get install -y ${names('apt')})`;
  return `run: sudo apt-get update && sudo apt-get install -y ${names('apt')}`;
}

async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const update = await run('apt-get', ['update', '-qq'], { env });
  const install = await run(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
    { env, timeoutMs: 900_000 },
  );
  if (install.ok) return;
  const log = path.join(tmpdir(), `pacegate-apt-${process.pid}.log`);
  writeFileSync(log, update.output + install.output);
  const last = install.output.trimEnd().split('\n').slice(-5).join('\n');
  throw new StepError(
    `apt-get could not install ${packages.join(' ')}; everything it said: ${log}`,
    last,
  );
}
