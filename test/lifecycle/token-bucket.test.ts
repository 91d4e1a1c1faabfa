import { describe, expect, test } from 'vitest';
import { runProgram } from './run-program.js';

const well = (stdout: string): object => ({ code: 0, signal: null, stdout, stderr: '' });

describe('leases', { timeout: 90_000 }, () => {
  test('H1 a bucket may be dropped, disposed of or left over with one out', async () => {
    const outcome = await runProgram('leases-dropped', { flags: ['--expose-gc'], isAbrupt: true });
    expect(outcome).toEqual(well('100 true'));
  });

  test('H1 a worker may be terminated with one out, 20 times', async () => {
    expect(await runProgram('lease-workers-terminated')).toEqual(well('20 terminated 28500'));
  });
});

describe('a bucket shared with worker threads', { timeout: 90_000 }, () => {
  test('H1 four of them and the main thread are granted exactly its burst, and see its rate', async () => {
    expect(await runProgram('shared-bucket-workers')).toEqual(well('true true true'));
  });
});
