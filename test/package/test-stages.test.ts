// `npm test` counts what other tools report; these tests hold that no report of theirs can pass by mistake.
import { describe, expect, it } from 'vitest';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  skippedTitles?: string[];
  output: string;
}

const load = async (script: string): Promise<unknown> =>
  import(new URL(`../../scripts/${script}.mjs`, import.meta.url).href) as Promise<unknown>;

describe('the order of the stages', async () => {
  interface Stage {
    together?: string;
    prepare?: (how: object) => Promise<unknown>;
  }
  const { lanes, Preparation } = (await load('steps/preparation')) as {
    lanes: (stages: Stage[]) => Stage[][];
    Preparation: new () => {
      ahead: (stages: Stage[]) => void;
      of: (stage: Stage) => Promise<unknown>;
    };
  };

  it('is kept; neighbours that are together run side by side', () => {
    const [a, b, c, d] = [{}, { together: 'x' }, { together: 'x' }, { together: 'y' }];
    expect(lanes([a, b, c, d])).toEqual([[a], [b, c], [d]]);
    expect(lanes([b, a, c])).toHaveLength(3);
  });

  it('prepares each stage once, one after another, and those ahead of their turn with low priority', async () => {
    const log: string[] = [];
    const stage = (name: string): Stage => ({
      prepare: async (how) => {
        log.push(`${name} ${JSON.stringify(how)}`);
        await Promise.resolve();
        log.push(`${name} done`);
        return name;
      },
    });
    const [first, second] = [stage('first'), stage('second')];
    const preparation = new Preparation();
    preparation.ahead([first, {}]);
    expect(await preparation.of(second)).toBe('second');
    expect(await preparation.of(first)).toBe('first');
    expect(await preparation.of({})).toBeUndefined();
    expect(log).toEqual(['first {"niced":true}', 'first done', 'second {}', 'second done']);
  });

  it('tells of a preparation that failed when its stage runs, and goes on with the others', async () => {
    const broken = { prepare: () => Promise.reject(new Error('no compiler')) };
    const sound = { prepare: () => Promise.resolve('built') };
    const preparation = new Preparation();
    preparation.ahead([broken, sound]);
    expect(await preparation.of(sound)).toBe('built');
    await expect(preparation.of(broken)).rejects.toThrow('no compiler');
  });
});

describe('the native test stages', async () => {
  const { counts } = (await load('stages/native-tests')) as {
    counts: (result: { ok: boolean; output: string }, chosen?: { output: string }) => Counts;
  };
  const closing = (passed: number, failed: number, skipped: number): string =>
    `===\n[doctest] test cases: ${passed + failed} | ${passed} passed | ${failed} failed | ${skipped} skipped\n`;

  it('take the numbers of the closing line', () => {
    expect(counts({ ok: true, output: closing(90, 0, 2) })).toMatchObject({
      ...{ passed: 90, failed: 0, skipped: 2 },
    });
    expect(counts({ ok: false, output: closing(88, 2, 0) })).toMatchObject({
      passed: 88,
      failed: 2,
    });
  });

  it('do not take for skipped what a filter leaves out', () => {
    const chosen = {
      output: '===\n[doctest] unskipped test cases passing the current filters: 92\n',
    };
    expect(counts({ ok: true, output: closing(90, 0, 210) }, chosen).skipped).toBe(2);
    expect(() => counts({ ok: true, output: closing(90, 0, 210) }, { output: '' })).toThrow();
  });

  it.each([
    ['a program that died before its closing line', { ok: false, output: 'Segmentation fault' }],
    ['a sanitizer report after the closing line', { ok: false, output: closing(90, 0, 0) }],
    ['a run of no test at all', { ok: true, output: closing(0, 0, 0) }],
    ['silence', { ok: true, output: '' }],
  ])('count %s as a failure', (_what, result) => {
    expect(counts(result).failed).toBe(1);
  });
});

describe('the vitest stage', async () => {
  const { counts } = (await load('stages/vitest')) as {
    counts: (result: { ok: boolean; output: string }, report: object | undefined) => Counts;
  };
  const report = (passed: number, failed: number, files: object[] = []): object => ({
    ...{ numPassedTests: passed, numFailedTests: failed, numPendingTests: 0, numTodoTests: 0 },
    testResults: files,
  });

  it('takes the numbers of the report', () => {
    expect(counts({ ok: true, output: '' }, report(7, 0))).toMatchObject({ passed: 7, failed: 0 });
    expect(counts({ ok: false, output: '' }, report(5, 2))).toMatchObject({ passed: 5, failed: 2 });
  });

  it('names what was skipped', () => {
    const skipped = {
      ...report(7, 0, [
        {
          name: '/x/test/net/scan.test.ts',
          status: 'passed',
          assertionResults: [
            { status: 'pending', fullName: 'needs root' },
            { status: 'passed', fullName: 'does not' },
          ],
        },
      ]),
      numPendingTests: 1,
    };
    expect(counts({ ok: true, output: '' }, skipped)).toMatchObject({
      ...{ passed: 7, failed: 0, skipped: 1, skippedTitles: ['scan.test.ts: needs root'] },
    });
  });

  it('counts a file that could not be loaded', () => {
    const broken = { name: 'a.test.ts', status: 'failed', assertionResults: [] };
    expect(counts({ ok: false, output: '' }, report(7, 0, [broken])).failed).toBe(1);
  });

  it('tells first what failed, and leaves out what passed', () => {
    const failed = {
      name: `${process.cwd()}/test/a.test.ts`,
      status: 'failed',
      assertionResults: [
        { status: 'failed', fullName: 'H1 counts', failureMessages: ['1 is not 2\n at a.ts:3'] },
      ],
    };
    const output = ' ✓ |unit| test/b.test.ts\n   ✓ H2 waits 700ms\n ❯ test/a.test.ts';
    expect(counts({ ok: false, output }, report(7, 1, [failed])).output).toBe(
      'test/a.test.ts: H1 counts\n1 is not 2\n at a.ts:3\n ❯ test/a.test.ts',
    );
  });

  it.each([
    ['a run without a report', { ok: true, output: '' }, undefined],
    ['an error outside any test', { ok: false, output: '' }, report(7, 0)],
    ['a run of no test at all', { ok: true, output: '' }, report(0, 0)],
  ])('counts %s as a failure', (_what, result, json) => {
    expect(counts(result, json).failed).toBe(1);
  });
});

describe('the models stage', async () => {
  const { mutantsOf, complaintAbout, complaintAboutMutant } = (await load('stages/models')) as {
    mutantsOf: (text: string) => number[];
    complaintAbout: (output: string) => string | undefined;
    complaintAboutMutant: (output: string) => string | undefined;
  };
  const searched = 'State-vector 48 byte, depth reached 78, errors: 0\n';
  const reached = 'unreached in proctype clock\n\t(0 of 9 states)\n';
  const violated = 'pan:1: assertion violated right (at depth 93)\nerrors: 1\n';

  it('finds the mutants of a model', () => {
    expect(mutantsOf('#if MUTANT == 2\n#if MUTANT != 1\n#elif MUTANT == 2\n')).toEqual([1, 2]);
  });

  it('takes a whole search without an error as proof', () => {
    expect(complaintAbout(searched + reached)).toBeUndefined();
  });

  it.each([
    ['a verifier that died', 'Killed'],
    ['a violation', violated],
    ['a search that was cut off', `error: max search depth too small\n${searched}${reached}`],
    ['a statement that no run reaches', `${searched}\tmodel.pml:51, state 2, "time++"\n`],
  ])('does not take %s as proof', (_what, output) => {
    expect(complaintAbout(output)).toBeDefined();
  });

  it('wants a mutant to violate an assertion', () => {
    expect(complaintAboutMutant(violated)).toBeUndefined();
    expect(complaintAboutMutant(searched)).toBeDefined();
    expect(complaintAboutMutant('pan:1: invalid end state (at depth 4)\nerrors: 1')).toBeDefined();
  });
});

describe('the sanitized addon stage', async () => {
  const { ownFindings } = (await load('sanitize')) as { ownFindings: (text: string) => string[] };
  const leak = (...frames: string[]): string =>
    [
      '==1==ERROR: LeakSanitizer: detected memory leaks',
      '',
      'Direct leak of 8 byte(s) in 1 object(s) allocated from:',
      ...frames.map((frame, index) => `    #${index} 0x7f00 ${frame}`),
      '',
      'SUMMARY: AddressSanitizer: 8 byte(s) leaked in 1 allocation(s).',
    ].join('\n');
  const allocation = 'in operator new(unsigned long) asan_new_delete.cpp:95';
  const below = 'in napi_module_register_by_symbol (/usr/bin/node+0xc6d562)';

  it.each([
    ['in f /x/native/core/a.cc:1'],
    ['in g (/x/build-addon-asan/build/Release/pacegate.node+0x14e1b3)'],
    ['in Napi::Addon<A>::Init /x/node_modules/node-addon-api/napi-inl.h:558'],
    [' (<unknown module>)'],
  ])('counts memory that was asked for %s', (frame) => {
    expect(ownFindings(leak(allocation, frame, below))).toHaveLength(1);
    expect(ownFindings(leak(allocation, 'in std::string::reserve (x)', frame))).toHaveLength(1);
  });

  it('leaves out what V8 keeps for itself, also when a call of ours made it do so', () => {
    const ours = 'in f /x/native/binding/addon.cc:33';
    const v8 = 'in v8::internal::Page::Allocate() (/usr/bin/node+0x11a06f2)';
    expect(ownFindings(leak(allocation, v8, ours, below))).toEqual([]);
    expect(ownFindings(leak(allocation, 'in std::f() (/usr/bin/node+0x1)', v8, ours))).toEqual([]);
  });

  it('counts every report that is not about leaks', () => {
    const overflow = '==1==ERROR: AddressSanitizer: heap-buffer-overflow (/usr/bin/node+0x1)';
    expect(ownFindings(overflow)).toEqual([overflow]);
    expect(ownFindings('a.cc:1:2: runtime error: signed integer overflow')).toHaveLength(1);
  });
});
