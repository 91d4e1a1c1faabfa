// The package as it would be published: what package.json says, and the tarball npm makes of it.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));

type ExportTarget = Record<'types' | 'default', string>;

export interface Manifest {
  name: string;
  version: string;
  type: string;
  main?: string;
  gypfile?: boolean;
  engines: { node: string };
  binary: { napi_versions: number[] };
  bin: Record<string, string>;
  exports: Record<string, string | ExportTarget>;
  files: string[];
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
}

export const manifest = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
) as Manifest;

const execute = promisify(execFile);

/** Runs a command and returns its stdout; a failure carries everything the command printed. */
export async function output(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const shell = process.platform === 'win32' && command === 'npm';
  try {
    const options = { cwd, shell, env: { ...process.env, ...env }, maxBuffer: 64 << 20 };
    return (await execute(command, args, options)).stdout;
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(stdout ?? `${command} could not be run`, { cause: error });
  }
}

/** Brings prebuilds/ up to date; quick when it is. */
export async function ensurePrebuild(): Promise<void> {
  await output(process.execPath, ['scripts/prebuild.mjs'], root);
}

interface PackReport {
  filename: string;
  files: { path: string; size: number }[];
  unpackedSize: number;
}

/** `npm pack` into `folder`; returns the tarball's path and the names of the files in it. */
export async function pack(folder: string): Promise<{ tarball: string; files: string[] }> {
  const text = await output('npm', ['pack', '--json', '--pack-destination', folder], root);
  const [report] = JSON.parse(text) as PackReport[];
  if (!report) throw new Error(`npm pack reported nothing: ${text}`);
  return {
    tarball: path.join(folder, report.filename),
    files: report.files.map((file) => file.path),
  };
}
