import { describe, expect, test } from 'vitest';
import { runProgram } from './run-program.js';

const well = (stdout: string): object => ({ code: 0, signal: null, stdout, stderr: '' });

describe('the process ends well', { timeout: 90_000 }, () => {
  test('with limiters alive', async () => {
    expect(await runProgram('limiters-alive')).toEqual(well('true 1 Infinity'));
  });

  test('after a wait that was all it had to do, and not before', async () => {
    expect(await runProgram('acquire-alone')).toEqual(well('granted'));
  });

  test('by process.exit while somebody waits', async () => {
    expect(await runProgram('exit-while-waiting', { isAbrupt: true })).toEqual(well('leaving'));
  });

  test('by an exception while somebody waits', async () => {
    const { code, signal, stderr } = await runProgram('throw-while-waiting', { isAbrupt: true });
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain('on purpose');
  });

  test('once long waits are aborted, refused or disposed of', async () => {
    const outcome = '[false,"AbortError","AbortError",false]';
    expect(await runProgram('waits-given-up')).toEqual(well(outcome));
  });

  test('when limiters were dropped: their native halves are freed, except where somebody waits', async () => {
    expect(await runProgram('dropped', { flags: ['--expose-gc'] })).toEqual(well('reused true'));
  });

  test('P6 when permits were dropped: their places go to those who wait, and are counted', async () => {
    const outcome = 'next 2 1 0';
    expect(await runProgram('dropped-permits', { flags: ['--expose-gc'] })).toEqual(well(outcome));
  });

  test('with the addon loaded twice', async () => {
    expect(await runProgram('loaded-twice')).toEqual(well('true true false'));
  });
});

test('without a binary the import says what is missing and how to get it', async () => {
  const { code, stdout } = await runProgram('without-binary');
  expect(code).toBe(0);
  expect(stdout).toContain('ERR_PACEGATE_NO_BINARY');
  expect(stdout).toContain(`no binary for ${process.platform}-${process.arch}`);
  expect(stdout).toContain('npm run build');
  expect(stdout).not.toContain('\n');
});

describe('worker threads', { timeout: 90_000 }, () => {
  test('can be terminated in the middle of anything, 20 times', async () => {
    expect(await runProgram('workers-terminated')).toEqual(well('20 terminated true'));
  });

  test('can end by themselves while the main thread goes on', async () => {
    const outcome = '["leave 0","exit 0","throw 1","leave 0","exit 0","throw 1"] true';
    expect(await runProgram('workers-ending')).toEqual(well(outcome));
  });

  test('can be busy when the process ends', async () => {
    expect(await runProgram('exit-with-busy-workers', { isAbrupt: true })).toEqual(well('leaving'));
  });

  test('H1 share a keyed limiter: each key is granted its burst in all, exactly', async () => {
    const outcome = `${JSON.stringify(new Array(8).fill(1_000))} 608`;
    expect(await runProgram('keyed-workers')).toEqual(well(outcome));
  });
});
