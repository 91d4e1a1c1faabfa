// What cannot be done is refused in one line, with a code and an exit code, before anything is sent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInNamespaces } from './namespace.js';
import { withCapabilities } from './privileges.js';
import { SynCounter } from './syn-counter.js';
import { findingsOf, pacegate, scanLines } from './tools.js';
import { buildLab, hosts, type Lab } from './topology.js';

const server = hosts.server.v4;

/** Arguments, code, exit code. Each names a target that could be reached, beside what is wrong. */
const refused: readonly (readonly [string, string, number])[] = [
  [`${server} -p 70000`, 'OUT_OF_RANGE', 2],
  [`${server} -p 80-22`, 'OUT_OF_RANGE', 2],
  [`${server} 10.0.0.0/33 -p 80`, 'OUT_OF_RANGE', 2],
  [`${server} 224.0.0.1 -p 80`, 'INVALID_ARGUMENT', 2],
  [`${server} -p 80 --max-rate 0`, 'OUT_OF_RANGE', 2],
  [`${server} -p 80 --max-rate -1`, 'OUT_OF_RANGE', 2],
  [`${server} -p 80 --max-rate NaN`, 'INVALID_ARGUMENT', 2],
  [`${server} -p 80 --max-retries 256`, 'OUT_OF_RANGE', 2],
  [`${server} -p 80 --no-such-flag`, 'INVALID_ARGUMENT', 2],
  [`${server} -p 80 --preset loud`, 'INVALID_ARGUMENT', 2],
  [`${server} -p 80 --shard 1/2`, 'INVALID_ARGUMENT', 2],
  [`${server} -p 80 --seed 1 --shard 3/2`, 'INVALID_ARGUMENT', 2],
  [server, 'INVALID_ARGUMENT', 2],
  [`${server} no-such-host.invalid -p 80`, 'UNKNOWN_HOST', 1],
  [`${server} -p 80 -e nosuch0`, 'NO_SUCH_INTERFACE', 1],
  [`${server} -p 80 -e idle0`, 'INTERFACE_DOWN', 1],
  ['198.51.100.1 -p 80', 'NO_ROUTE', 1],
  ['127.0.0.1 -p 80 --backend pcap', 'NOT_SUPPORTED', 2],
];

describeInNamespaces('what a scan refuses', () => {
  let lab: Lab;
  let counter: SynCounter;

  beforeAll(async () => {
    lab = await buildLab();
  });
  beforeEach(async () => {
    counter = await SynCounter.install(lab.router, 'down0');
  });
  afterAll(() => {
    lab.remove();
  });

  test.for(refused)('pacegate scan %s: %s', async ([text, errorCode, exitCode]) => {
    const { code, stdout, stderr } = await pacegate(lab.scanner, [
      ...['scan', '-sS', '-oJ', '-', ...text.split(' ')],
    ]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(new RegExp(`^pacegate: .* \\[ERR_PACEGATE_${errorCode}\\]\n$`));
    expect(stdout).toBe('');
    expect(code).toBe(exitCode);
    expect(await counter.total()).toBe(0);
  });

  test('-sS without the privilege: exit code 1, nothing sent', async () => {
    const { code, stdout, stderr } = await pacegate(
      lab.scanner,
      ['scan', '-sS', server, '-p', '80', '-oJ', '-'],
      withCapabilities(''),
    );
    expect(stderr).toMatch(/^pacegate: .*CAP_NET_RAW.* \[ERR_PACEGATE_NOT_PERMITTED\]\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(1);
    expect(await counter.total()).toBe(0);
  });

  test('CAP_NET_RAW alone is enough for a SYN scan', async () => {
    const { code, stdout, stderr } = await pacegate(
      lab.scanner,
      ['scan', '-sS', server, hosts.server.v6, '-p', '80,81', '--max-rate', '1000', '-oJ', '-'],
      withCapabilities(',+net_raw'),
    );
    expect(stderr).toContain('(syn, packet)');
    expect(code).toBe(0);
    expect(Object.fromEntries(findingsOf(scanLines(stdout)))).toEqual({
      [`${server} 80`]: { state: 'open', reason: 'syn-ack' },
      [`${server} 81`]: { state: 'closed', reason: 'reset' },
      [`${hosts.server.v6} 80`]: { state: 'open', reason: 'syn-ack' },
      [`${hosts.server.v6} 81`]: { state: 'closed', reason: 'reset' },
    });
    expect(await counter.total()).toBe(4);
  });

  test('backend pcap with CAP_NET_RAW alone, and without the library', async () => {
    const args = ['scan', '-sS', server, '-p', '80', '--backend', 'pcap', '-oJ', '-'];
    const there = await pacegate(lab.scanner, args, withCapabilities(',+net_raw'));
    expect(there.stderr).toContain('(syn, pcap)');
    expect([...findingsOf(scanLines(there.stdout)).values()]).toEqual([
      { state: 'open', reason: 'syn-ack' },
    ]);
    expect(await counter.total()).toBe(1);

    // What is found first under each name is no library.
    const folder = mkdtempSync(path.join(tmpdir(), 'pacegate-no-pcap-'));
    for (const name of ['libpcap.so.1', 'libpcap.so.0.8', 'libpcap.so']) {
      writeFileSync(path.join(folder, name), '');
    }
    const gone = await pacegate(lab.scanner, args, ['env', `LD_LIBRARY_PATH=${folder}`]);
    rmSync(folder, { recursive: true });
    expect(gone.stderr).toMatch(
      /^pacegate: .*libpcap: install it .*\[ERR_PACEGATE_NOT_SUPPORTED\]\n$/,
    );
    expect(gone.code).toBe(2);
    expect(await counter.total()).toBe(1);
  });

  test('without -sS and without the privilege: connects, and says so', async () => {
    const { code, stdout, stderr } = await pacegate(
      lab.scanner,
      ['scan', server, '-p', '80,81', '--max-rate', '1000', '-oJ', '-'],
      withCapabilities(''),
    );
    expect(stderr).toMatch(/^pacegate: warning: .*connect/m);
    expect(code).toBe(0);
    expect(Object.fromEntries(findingsOf(scanLines(stdout)))).toEqual({
      [`${server} 80`]: { state: 'open', reason: 'syn-ack' },
      [`${server} 81`]: { state: 'closed', reason: 'conn-refused' },
    });
  });
});
