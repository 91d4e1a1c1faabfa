// A packet sender ends well, whatever ends it: nothing is left running or open.
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces, Namespace } from '../namespace.js';
import { Receiver } from './receiver.js';

describeInNamespaces('a packet sender in a process of its own', () => {
  let namespace: Namespace;

  beforeAll(async () => {
    namespace = await Namespace.create('send');
  });
  afterAll(() => {
    namespace.remove();
  });

  async function run(program: string, ...flags: string[]): Promise<string[]> {
    const file = path.join(import.meta.dirname, `programs/${program}.mjs`);
    const { code, stdout, stderr } = await namespace.run(process.execPath, [...flags, file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.trim().split('\n');
  }

  test('P3 is closed in the middle of a transmit, and is of no use then', async () => {
    expect(await run('close-in-transmit')).toEqual([
      '1 0 0 false true',
      ...new Array<string>(3).fill('ERR_PACEGATE_DISPOSED'),
    ]);
  });

  test('P3 is aborted, refuses a second transmit meanwhile, and goes on where it ended', async () => {
    const receiver = await Receiver.install(namespace, 'lo', 'port', '127.0.0.1');
    expect(await run('abort')).toEqual([
      'ERR_PACEGATE_TRANSMIT_RUNNING ERR_PACEGATE_TRANSMIT_RUNNING false true',
      '0 false 1',
      '5000 true undefined',
    ]);
    const counts = await receiver.counts();
    expect(counts.size).toBe(5_000);
    expect([...counts.values()].every((packets) => packets === 1)).toBe(true);
  });

  test('P3 is dropped: the device is let go, but for one that transmits', async () => {
    expect(await run('dropped', '--expose-gc')).toEqual(['40 2 100 true']);
  });

  test('P3 is in the middle of a transmit when the process ends', async () => {
    expect(await run('exit-in-transmit')).toEqual(['leaving']);
    const file = path.join(import.meta.dirname, 'programs/throw-in-transmit.mjs');
    const { code, stderr } = await namespace.run(process.execPath, [file]);
    expect(code).toBe(1);
    expect(stderr).toContain('on purpose');
  });

  test('P3 is in the middle of a transmit when its worker ends', async () => {
    expect(await run('workers')).toEqual([
      'terminate 1, exit 0, throw 1, close 0, terminate 1, exit 0, throw 1, close 0',
      '1 2',
      '0 0',
    ]);
  });

  test('P3 shares a limiter with others to the token', async () => {
    expect(await run('limiter')).toEqual(['1000 true true']);
  });

  test('P3 sends frames of one’s own as far as the limits go', async () => {
    const receiver = await Receiver.install(namespace, 'lo', 'port', '127.0.0.1');
    const [byLimiter, byRate, shared, ...refused] = await run('send');
    expect([byLimiter, byRate, shared]).toEqual(['0 100 50 0', '1 0', '1']);
    expect(refused).toEqual([
      'ERR_PACEGATE_INVALID_ARGUMENT frames must be a list of Uint8Arrays, not an object',
      'ERR_PACEGATE_INVALID_ARGUMENT frames must be a list of Uint8Arrays, not "frames"',
      'ERR_PACEGATE_INVALID_ARGUMENT frames[1] must be a Uint8Array, not "frame"',
      'ERR_PACEGATE_OUT_OF_RANGE frames[0] must be an IP packet, not 0 bytes',
      'ERR_PACEGATE_OUT_OF_RANGE frames[0] must be at most 65536 bytes (an MTU of 65536), not 70000',
      'ERR_PACEGATE_SYSTEM 22 the network device refused the frame (EINVAL)',
      '2 1',
    ]);
    const counts = await receiver.counts();
    expect(counts.get(10_000)).toBe(3);
    expect(counts.get(10_001)).toBe(2);
    expect(counts.get(10_050)).toBe(1);
    expect(counts.get(20_000)).toBe(1);
  });

  test('P3 frames that a getter takes away while they are read do no harm', async () => {
    expect(await run('send-getters')).toEqual([
      '2',
      'ERR_PACEGATE_INVALID_ARGUMENT a frame must not be empty',
      'ERR_PACEGATE_INVALID_ARGUMENT this packet sender does not exist (any more)',
      '2',
    ]);
  });
});
