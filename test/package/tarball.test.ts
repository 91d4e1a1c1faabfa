import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePrebuild, manifest, output, pack, root } from './built-package.js';

let folder = '';
let project = '';
let packed: { tarball: string; files: string[] } = { tarball: '', files: [] };

// The prebuild, not some build/Release beside it, is what a user gets.
const asUser = { PREBUILDS_ONLY: '1' };

const evaluate = (kind: 'commonjs' | 'module', code: string): Promise<string> =>
  output(process.execPath, [`--input-type=${kind}`, '--eval', code], project, asUser);

beforeAll(async () => {
  await ensurePrebuild();
  folder = await mkdtemp(path.join(tmpdir(), 'pacegate-package-'));
  packed = await pack(folder);
  project = path.join(folder, 'project');
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), '{ "private": true }\n');
  await output(
    'npm',
    [
      ...['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
      ...['--loglevel=error', packed.tarball],
    ],
    project,
  );
}, 240_000);

afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
});

describe('the tarball', () => {
  it('holds only what is used from it', () => {
    const expected =
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|dist\/[\w/-]+\.(?:js|d\.ts)(?:\.map)?|prebuilds\/[\w+-]+\/node\.napi\.(?:\w+\.)?node)$/;
    expect(packed.files.filter((file) => !expected.test(file))).toEqual([]);
  });

  it('holds no test, no source and no build folder', () => {
    const unwanted = packed.files.filter(
      (file) =>
        /^(?:test|bench|native|build[^/]*|scripts|lib)\//.test(file) || /[._]test\./.test(file),
    );
    expect(unwanted).toEqual([]);
  });

  it('holds the prebuild of this platform, and every exported file', () => {
    const platform = `prebuilds/${process.platform}-${process.arch}/`;
    expect(packed.files.filter((file) => file.startsWith(platform))).toHaveLength(1);
    for (const target of Object.values(manifest.exports)) {
      const files = typeof target === 'string' ? [target] : Object.values(target);
      expect(packed.files).toEqual(expect.arrayContaining(files.map((file) => file.slice(2))));
    }
  });
});

describe('the package, installed with --ignore-scripts in an empty folder', () => {
  it('brings its dependencies and nothing else', async () => {
    const folders = await readdir(path.join(project, 'node_modules'));
    const installed = folders.filter((name) => !name.startsWith('.')).sort();
    expect(installed).toEqual([...Object.keys(manifest.dependencies), manifest.name].sort());
  });

  const useLimiter = `
    const bucket = new TokenBucket({ rate: 1, burst: 2, clock: new ManualClock() });
    const answers = [bucket.tryAcquire(), bucket.tryAcquire(), bucket.tryAcquire()];
    console.log(JSON.stringify([answers, typeof scan]));
  `;

  it('works from import', async () => {
    const text = await evaluate(
      'module',
      `import { TokenBucket } from 'pacegate';
       import { scan } from 'pacegate/scan';
       import { ManualClock } from 'pacegate/testing';
       ${useLimiter}`,
    );
    expect(JSON.parse(text)).toEqual([[true, true, false], 'function']);
  });

  it('works from require', async () => {
    const text = await evaluate(
      'commonjs',
      `const { TokenBucket } = require('pacegate');
       const { scan } = require('pacegate/scan');
       const { ManualClock } = require('pacegate/testing');
       ${useLimiter}`,
    );
    expect(JSON.parse(text)).toEqual([[true, true, false], 'function']);
  });

  it('runs its native code from the prebuild', async () => {
    const text = await evaluate(
      'commonjs',
      `const path = require('node:path');
       const home = path.dirname(require.resolve('pacegate/package.json'));
       const at = require.resolve('node-gyp-build', { paths: [home] });
       console.log(path.relative(home, require(at).path(home)));`,
    );
    expect(text.trim().replaceAll('\\', '/')).toMatch(
      /^prebuilds\/[\w-]+\/node\.napi\.(?:\w+\.)?node$/,
    );
  });

  it('shows its version on the command line', async () => {
    const command = path.join(project, 'node_modules', 'pacegate', manifest.bin['pacegate'] ?? '');
    const text = await output(process.execPath, [command, '--version'], project, asUser);
    expect(text.trim()).toContain(manifest.version);
  });

  it('passes the type checker in a strict project', async () => {
    await writeFile(
      path.join(project, 'use.ts'),
      `import { TokenBucket, type Decision } from 'pacegate';
       import { scan, type ScanResult } from 'pacegate/scan';
       import { ManualClock } from 'pacegate/testing';
       const bucket: TokenBucket = new TokenBucket({ rate: 10, clock: new ManualClock() });
       export const decision: Decision = bucket.check();
       export async function* open(): AsyncGenerator<ScanResult> {
         yield* scan({ targets: '127.0.0.1', ports: '80' });
       }`,
    );
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    const types = path.join(root, 'node_modules/@types');
    await output(
      process.execPath,
      [
        ...[compiler, '--strict', '--noEmit', '--exactOptionalPropertyTypes', '--target', 'es2022'],
        ...['--module', 'nodenext', '--lib', 'es2023,esnext.disposable'],
        ...['--typeRoots', types, '--types', 'node', 'use.ts'],
      ],
      project,
    );
  });
});
