import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { libProblems } from './lib-rules.js';
import { longFiles } from './long-files.js';
import { nameProblems, sizeProblems } from './size-rules.js';
import { readSources } from './source-file.js';

const sources = readSources('lib', ['.ts']);
const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { dependencies: Record<string, string> };

describe('lib/', () => {
  it('imports in one direction and has one door to the native code', () => {
    expect(sources.map((file) => file.path)).toContain('lib/internal/binding.ts');
    expect(libProblems(sources, Object.keys(manifest.dependencies))).toEqual([]);
  });

  it('has short files with telling names', () => {
    const ofLib = Object.entries(longFiles).filter(([name]) => name.startsWith('lib/'));
    expect(sizeProblems(sources, Object.fromEntries(ofLib))).toEqual([]);
    expect(nameProblems(sources)).toEqual([]);
  });
});

describe('the rules for lib/', () => {
  const problems = (path: string, text: string): string[] =>
    libProblems([{ path, text }], ['commander', '@scope/name']);

  it.each([
    ['lib/limiters/a.ts', "import { b } from '../scan/b.js';", 'limiters must not import scan'],
    ['lib/scan/a.ts', "import type { b } from '../cli/b.js';", 'scan must not import cli'],
    ['lib/internal/a.ts', "export * from '../limiters/b.js';", 'internal must not import limiters'],
    ['lib/testing/a.ts', "import '../scan/b.js';", 'testing must not import scan'],
    ['lib/scan/a.ts', "const b = await import('../testing/b.js');", 'scan must not import testing'],
    ['lib/scan/deep/a.ts', "import { b } from '../../cli/b.js';", 'scan must not import cli'],
    ['lib/cli/a.ts', "import { b } from '../index.js';", 'nothing inside imports the public index'],
    ['lib/other/a.ts', "import { b } from '../scan/b.js';", 'lib/other is not a known layer'],
    ['lib/index.ts', "export { scan } from './scan/scan.js';", 'index.ts must not import scan'],
    ['lib/scan/a.ts', "import x from '../../scripts/x.mjs';", 'leaves lib/'],
    ['lib/scan/a.ts', "import x from 'left-pad';", 'not among the dependencies'],
    [
      'lib/scan/a.ts',
      "const load = require('node-gyp-build');",
      'is used in lib/internal/binding.ts',
    ],
    ['lib/scan/a.ts', 'something.scan_create(plan);', 'scan_create() is a native call'],
    ['lib/limiters/a.ts', 'bucket_try(1);', 'bucket_try() is a native call'],
  ])('%s: %s', (path, text, complaint) => {
    const found = problems(path, text);
    expect(found).not.toEqual([]);
    expect(found.join('\n')).toContain(complaint);
    expect(found.join('\n')).toContain(path);
  });

  it.each([
    ['lib/scan/a.ts', "import { b } from '../limiters/b.js';\nimport { c } from './c.js';"],
    ['lib/cli/a.ts', "import { Command } from 'commander';\nimport { d } from '@scope/name/sub';"],
    ['lib/cli/a.ts', "import fs from 'node:fs';\n// import x from '../index.js'"],
    ['lib/scan/a.ts', "import { native } from '../internal/binding.js';\nnative.scan_start(1);"],
    ['lib/internal/binding.ts', "require('node-gyp-build');"],
    ['lib/internal/a.ts', "const text = 'scan_create(1)'; // scan_create(1)"],
  ])('%s may say %j', (path, text) => {
    const dependencies = ['commander', '@scope/name', 'node-gyp-build'];
    expect(libProblems([{ path, text }], dependencies)).toEqual([]);
  });
});
