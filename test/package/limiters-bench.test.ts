// The bench `limiters` must go on working: a smoke run of it, without network and without other packages.
import { beforeAll, describe, expect, it } from 'vitest';
import { output, root } from './built-package.js';

interface Admitted {
  admitted: number;
  mayInAll: number;
  mostIn1s: number;
  mayIn1s: number;
}

interface Figures {
  isQuick: boolean;
  single: { contender: string; allowed?: { median: number }; denied?: { median: number } }[];
  keyed: { contender: string; memory: { bytesPerKey: number }; allowedUnderFlood: number }[];
  truth: { contender: string; boundary?: Admitted }[];
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

  it('counts what is admitted, which is never too much in all', () => {
    for (const { boundary } of figures.truth)
      expect(boundary?.admitted).toBeLessThanOrEqual(boundary?.mayInAll ?? 0);
  });

  // What the fixed window is for, and what one that waits does when the machine is late, is in docs/limiters.md.
  it('finds no second in which a limiter of ours admits too much', () => {
    const strict = figures.truth.filter(
      ({ contender }) => !['FixedWindow', 'TokenBucket.acquire'].includes(contender),
    );
    expect(strict.length).toBeGreaterThan(4);
    for (const { boundary } of strict)
      expect(boundary?.mostIn1s).toBeLessThanOrEqual(boundary?.mayIn1s ?? 0);
  });

  it('keeps a key over its limit in a flood of others', () => {
    const names = figures.keyed.map(({ contender }) => contender);
    expect(names).toEqual(expect.arrayContaining(['KeyedLimiter.tryAcquireMany']));
    for (const { allowedUnderFlood } of figures.keyed) expect(allowedUnderFlood).toBe(10);
  });

  it('names every goal', () => {
    expect(figures.isQuick).toBe(true);
    expect(figures.goals.length).toBeGreaterThan(5);
  });
});
