import { describe, expect, it } from 'vitest';
import { ResultQueue } from '../../../lib/scan/result-queue.js';
import type { ScanResult } from '../../../lib/scan/result.js';

const result = (port: number): ScanResult => ({
  address: '10.0.0.1',
  port,
  protocol: 'tcp',
  state: 'open',
  reason: 'syn-ack',
});
const results = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => result(from + i));

async function rest(queue: ResultQueue): Promise<number[]> {
  const ports: number[] = [];
  for (let next = await queue.next(); next.done !== true; next = await queue.next())
    ports.push(next.value.port);
  return ports;
}

describe('ResultQueue', () => {
  it('gives a reader everything in order, before and after it came', async () => {
    const queue = new ResultQueue();
    queue.push(results(3));
    queue.read();
    queue.push(results(2, 3));
    queue.end();
    expect(await rest(queue)).toEqual([0, 1, 2, 3, 4]);
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  it('lets readers wait, each result for one of them', async () => {
    const queue = new ResultQueue();
    queue.read();
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.push(results(2));
    queue.end();
    const got = await Promise.all(waiting);
    expect(got.map((next) => (next.done === true ? 'end' : next.value.port))).toEqual([
      0,
      1,
      'end',
    ]);
  });

  it('is full when a reader lags, never when nobody reads', async () => {
    const queue = new ResultQueue();
    queue.push(results(5000));
    expect(queue.isFull).toBe(false);
    queue.read();
    expect(queue.isFull).toBe(true);
    for (let i = 0; i < 1000; i++) await queue.next();
    expect(queue.isFull).toBe(false);
    queue.end();
    expect(await rest(queue)).toEqual(Array.from({ length: 4000 }, (_, i) => 1000 + i));
  });

  it('gives up what nobody reads past its bound, counts it, and refuses a reader that comes later', () => {
    const queue = new ResultQueue();
    for (let i = 0; i < 70; i++) queue.push(results(1000));
    expect(queue.discarded).toBe(70_000);
    expect(() => {
      queue.read();
    }).toThrow('70000 results were given up');
  });

  it('tells an error once, after the last result', async () => {
    const queue = new ResultQueue();
    queue.push(results(1));
    queue.fail(new Error('no device'));
    queue.read();
    expect((await queue.next()).value).toMatchObject({ port: 0 });
    await expect(queue.next()).rejects.toThrow('no device');
    expect((await queue.next()).done).toBe(true);
  });

  it('tells one of the waiting readers of an error and ends the others', async () => {
    const queue = new ResultQueue();
    queue.read();
    const [first, second] = [queue.next(), queue.next()];
    queue.fail(new Error('no device'));
    await expect(first).rejects.toThrow('no device');
    expect((await second).done).toBe(true);
    expect((await queue.next()).done).toBe(true);
  });

  it('takes no more once its reader has left', async () => {
    const queue = new ResultQueue();
    queue.read();
    queue.push(results(9000));
    queue.abandon();
    expect(queue.isFull).toBe(false);
    queue.push(results(10));
    expect((await queue.next()).done).toBe(true);
  });
});
