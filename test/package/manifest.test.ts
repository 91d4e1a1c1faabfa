import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifest, root } from './built-package.js';

/** Scripts that npm runs on a user's machine, or by itself around another command. */
const automatic = [
  ...['preinstall', 'install', 'postinstall', 'prebuild', 'postbuild', 'preprepare', 'prepare'],
  ...['postprepare', 'prepack', 'postpack', 'prepublish', 'dependencies'],
];

const exported = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [[name, target]] : Object.values(target).map((file) => [name, file]),
);

describe('package.json', () => {
  it.each(automatic)('has no script called %s', (name) => {
    expect(manifest.scripts).not.toHaveProperty(name);
  });

  it('gives npm no reason to run node-gyp', () => {
    expect(existsSync(path.join(root, 'binding.gyp'))).toBe(false);
    expect(manifest.gypfile).toBeUndefined();
  });

  it('is ESM with Node-API 8, from Node 20.19 on', () => {
    expect(manifest.type).toBe('module');
    expect(manifest.main).toBeUndefined();
    expect(manifest.engines.node).toBe('>=20.19');
    expect(manifest.binary.napi_versions).toEqual([8]);
    expect(readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8')).toContain('NAPI_VERSION=8');
  });

  it.each(exported)('exports %s as a file that exists: %s', (_name, file) => {
    expect(file).toMatch(/^\.\//);
    expect(existsSync(path.join(root, file))).toBe(true);
  });

  it('names types before the module that they describe', () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === 'string') continue;
      expect(Object.keys(target)).toEqual(['types', 'default']);
      expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    }
  });

  it('has a command that starts with a line for the shell', () => {
    for (const file of Object.values(manifest.bin)) {
      expect(readFileSync(path.join(root, file), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
  });
});

describe('package-lock.json', () => {
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');

  it('names no registry', () => {
    expect(lock).not.toMatch(/"resolved"|https?:\/\/(?:localhost|\d)/);
  });

  it('describes this package', () => {
    const { packages } = JSON.parse(lock) as { packages: Record<string, Record<string, unknown>> };
    expect(packages['']).toMatchObject({
      version: manifest.version,
      dependencies: manifest.dependencies,
    });
  });
});

describe('the built modules', () => {
  const modules = readdirSync(path.join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(path.join(root, 'dist', file), 'utf8'));

  it.each(Object.keys(manifest.dependencies))('need the dependency %s', (name) => {
    const isNamed = new RegExp(`['"]${name.replaceAll(/[./]/g, '\\$&')}['"/]`);
    expect(modules.some((text) => isNamed.test(text))).toBe(true);
  });
});
