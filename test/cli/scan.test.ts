import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listeners, outcomeOf, results, runCli, silentPort, startCli } from './run-cli.js';

let folder = '';
let open: Awaited<ReturnType<typeof listeners>>;
/** The listening ports with their neighbours, and which of these listen. */
let spec = '';
let probed: number[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-cli-'));
  open = await listeners(4);
  const near = open.ports
    .flatMap((port) => [port - 1, port, port + 1])
    .filter((port) => port < 65_536);
  probed = [...new Set(near)].sort((a, b) => a - b);
  spec = probed.join(',');
});
afterAll(() => {
  open.close();
  rmSync(folder, { recursive: true });
});

const scan = (...args: string[]) =>
  runCli(['scan', '127.0.0.1', '-sT', '--max-rate', '2000', ...args]);
const portsOf = (found: { port: number }[]) => found.map(({ port }) => port).sort((a, b) => a - b);

describe('pacegate scan', () => {
  it('P11 finds its own listeners by connect scan, and nothing else of ours', async () => {
    const { code, stdout, stderr } = await scan('-p', spec, '-oJ', '-');
    expect(code).toBe(0);
    const found = results(stdout);
    expect(portsOf(found)).toEqual(probed);
    const openPorts = portsOf(found.filter(({ state }) => state === 'open'));
    expect(openPorts).toEqual(expect.arrayContaining(open.ports));
    for (const { state, reason } of found) {
      expect([state, reason]).toEqual(
        state === 'open' ? ['open', 'syn-ack'] : ['closed', 'conn-refused'],
      );
    }
    expect(stderr).toMatch(
      new RegExp(
        `${probed.length} ports of 1 address scanned .*\\(connect\\): ${openPorts.length} open`,
      ),
    );
    expect(stderr).toMatch(/rate asked 2 000\/s, sent [\d ]+\/s/);
  });

  it('P11 prints a table for a person: open ports, and the others where they are few', async () => {
    const { stdout } = await scan('-p', spec);
    const [header = '', ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^ADDRESS +PORT +STATE +REASON +RTT$/);
    expect(rows).toHaveLength(probed.length);
    for (const port of open.ports) {
      expect(rows).toContainEqual(
        expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1 +${port} +open +syn-ack +[\\d.]+ ms$`)),
      );
    }
  });

  it('P7 reads -p-less forms of nmap, --open, --quiet and -n -Pn', async () => {
    const [port = 0] = open.ports;
    const { code, stdout, stderr } = await scan(
      `-p${port}`,
      '--open',
      '--quiet',
      '-n',
      '-Pn',
      '-oJ-',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(results(stdout)).toMatchObject([{ address: '127.0.0.1', port, state: 'open' }]);
  });

  it('P11 writes NDJSON to a file beside the table, targets from standard input, excludes left out', async () => {
    const file = path.join(folder, 'out.ndjson');
    const args = [
      'scan',
      '-sT',
      '-p',
      String(open.ports[0]),
      '-iL',
      '-',
      '--exclude',
      '127.0.0.2',
      '-oJ',
      file,
    ];
    const { code, stdout } = await runCli(args, '127.0.0.1-127.0.0.3 # three\n127.0.0.1');
    expect(code).toBe(0);
    expect(
      results(readFileSync(file, 'utf8'))
        .map(({ address }) => address)
        .sort(),
    ).toEqual(['127.0.0.1', '127.0.0.3']);
    expect(stdout).toMatch(/127\.0\.0\.1 .*open/);
  });

  it('P11 sums up as JSON, the last line on standard error', async () => {
    const { stderr } = await scan(
      '-p',
      spec,
      '--open',
      '--json-summary',
      '--seed',
      '7',
      '--no-progress',
    );
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      type: 'summary',
      complete: true,
      interrupted: false,
      technique: 'connect',
      seed: 7,
      statistics: { sent: probed.length, settled: probed.length, targetPacketsPerSecond: 2000 },
    });
  });

  it('probes in an order fixed by the seed', async () => {
    const order = async (seed: string) =>
      results((await scan('-p', spec, '-oJ', '-', '--seed', seed, '--max-rate', '200')).stdout).map(
        ({ port }) => port,
      );
    const [first, again, other] = await Promise.all([order('1'), order('1'), order('2')]);
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
  });
});

describe('a scan that is interrupted', () => {
  it('P11 prints what is known on Ctrl-C, exits with 130, and goes on from its resume file', async () => {
    const resume = path.join(folder, 'scan.resume.json');
    const args = ['scan', '127.0.0.1', '-sT', '-p', spec, '-oJ', '-', '--resume', resume];
    const child = startCli([...args, '--max-rate', '2']);
    const ended = outcomeOf(child);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const first = await ended;
    expect(first.code).toBe(130);
    expect(first.stderr).toMatch(/stopped after \d+ probes of/);
    expect(first.stderr).toContain(resume);
    const known = results(first.stdout);
    expect(known.length).toBeGreaterThan(0);
    expect(known.length).toBeLessThan(probed.length);

    const wrong = await runCli([...args.slice(0, 4), '1-9', '--resume', resume]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^pacegate: --resume .*\[ERR_PACEGATE_INVALID_ARGUMENT\]\n$/);

    const second = await runCli([...args, '--max-rate', '1000']);
    expect(second.code).toBe(0);
    // What was found last before the end may come again.
    const found = new Set(portsOf([...known, ...results(second.stdout)]));
    expect([...found]).toEqual(probed);
    expect(existsSync(resume)).toBe(false);
  });

  it('ends with 143 on SIGTERM', async () => {
    const child = startCli(['scan', '127.0.0.1', '-sT', '-p', spec, '--max-rate', '5', '-oJ', '-']);
    const ended = outcomeOf(child);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  });

  it('ends quietly when its reader has gone', async () => {
    const child = startCli([
      'scan',
      '127.0.0.1',
      '-sT',
      '-p',
      '1-20000',
      '--max-rate',
      '5000',
      '-oJ',
      '-',
    ]);
    const ended = outcomeOf(child);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toBe('');
  });
});

describe.skipIf(process.platform !== 'linux')('a port that stays silent', () => {
  let silent: Awaited<ReturnType<typeof silentPort>>;
  beforeAll(async () => {
    silent = await silentPort();
  });
  afterAll(() => {
    silent.close();
  });

  it('P11 is filtered after exactly the retries asked for, and the process ends with the scan', async () => {
    const args = ['-oJ', '-', '--timeout', '200', '--max-retries', '1', '--json-summary'];
    const { code, stdout, stderr } = await scan('-p', String(silent.port), ...args);
    expect(code).toBe(0);
    expect(results(stdout)).toMatchObject([{ state: 'filtered', reason: 'no-response' }]);
    expect(JSON.parse(stderr)).toMatchObject({ statistics: { sent: 2, noResponse: 1 } });
  });

  it('does not keep a second Ctrl-C waiting', async () => {
    const ports = `${silent.port},${open.ports.join(',')}`;
    const args = ['-sT', '-p', ports, '--timeout', '600000', '-oJ', '-', '--max-rate', '2000'];
    const child = startCli(['scan', '127.0.0.1', ...args]);
    const ended = outcomeOf(child);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });
});

describe('pacegate doctor', () => {
  it('H13 says of each thing whether it is there, then what to do; or the same as JSON', async () => {
    const [text, json] = await Promise.all([runCli(['doctor']), runCli(['doctor', '--json'])]);
    expect([text.code, json.code]).toEqual([0, 0]);
    const [found = '', toDo = ''] = text.stdout.split('\n\n');
    for (const line of found.split('\n')) expect(line).toMatch(/^(ok|missing|off) {2,}\S/);
    const { checks, actions } = JSON.parse(json.stdout) as {
      checks: { name: string; status: string }[];
      actions: { action: string; command: string | null; gains: string }[];
    };
    expect(toDo).toMatch(actions.length === 0 ? /^Nothing to do\.\n$/ : /^What to do/);
    for (const { action, gains } of actions) {
      expect(toDo).toContain(action);
      expect(toDo).toContain(gains);
    }
    const names = checks.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Node.js', 'native code', 'monotonic clock', 'descriptors']),
    );
    expect(checks.find(({ name }) => name === 'native code')?.status).toBe('ok');
  });
});
