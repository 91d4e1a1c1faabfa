// The bench `limiters` must go on working: a smoke run of it, without network and without other packages.
import { beforeAll, describe, expect, it } from 'vitest';
import { output, root } from './built-package.js';

interface Figures {
  isQuick: boolean;
  single: { contender: string; allowed?: { median: number }; denied?: { median: number } }[];
  keyed: { contender: string; memory: { bytesPerKey: number }; allowedUnderFlood: number }[];
  truth: { contender: string; boundary?: { admitted: number; mayInAll: number } }[];
  goals: { what: string }[];
}

let figures: Figures;

beforeAll(async () => {
  const compiler = 'node_modules/typescript/bin/tsc';
  await output(process.execPath, [compiler, '-p', 'bench/tsconfig.json'], root);
  const program = `
    const { run } = await import('./build-bench/limiters.bench.js');
    const figures = await run(['--quick']);
    console.log('\\n' + JSON.stringify(figures));
  `;
  const text = await output(process.execPath, ['--input-type=module', '--eval', program], root);
  figures = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Figures;
}, 180_000);

describe('the bench limiters', () => {
  it('measures our limiters and the hand-written one', () => {
    const names = figures.single.map(({ contender }) => contender);
    expect(names).toEqual(expect.arrayContaining(['hand-written bucket', 'TokenBucket']));
    for (const { allowed } of figures.single) expect(allowed?.median).toBeGreaterThan(0);
  });

  it('counts what is admitted, and no bucket of ours admits too much', () => {
    for (const { boundary } of figures.truth)
      expect(boundary?.admitted).toBeLessThanOrEqual(boundary?.mayInAll ?? 0);
  });

  it('keeps a key over its limit in a flood of others', () => {
    for (const { allowedUnderFlood } of figures.keyed) expect(allowedUnderFlood).toBe(10);
  });

  it('names every goal', () => {
    expect(figures.isQuick).toBe(true);
    expect(figures.goals.length).toBeGreaterThan(5);
  });
});
