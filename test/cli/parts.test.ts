import { afterEach, describe, expect, it, vi } from 'vitest';
import { normalizeArgv, spelling } from '../../lib/cli/argv.js';
import { describeFailure } from '../../lib/cli/failure.js';
import { count, duration, rate } from '../../lib/cli/status/format.js';
import { Interrupt } from '../../lib/cli/interrupt.js';
import { Messages } from '../../lib/cli/status/messages.js';
import { ResultTable } from '../../lib/cli/output/forms/table.js';
import { ProgressLine, type ProgressStream } from '../../lib/cli/status/progress-line.js';
import { TimeLeft } from '../../lib/cli/status/time-left.js';
import { InvalidRangeError } from '../../lib/internal/errors.js';
import type { PortState, ScanResult, ScanStatistics } from '../../lib/scan/index.js';
import { scanStatistics } from '../../lib/scan/statistics.js';

const statistics = (changes: Partial<ScanStatistics> = {}): ScanStatistics => ({
  ...scanStatistics({
    counters: undefined,
    backend: '',
    targetRate: 20_000,
    elapsedMs: 1000,
    settledBefore: 0,
  }),
  total: 65_535,
  percent: 12.34,
  open: 3,
  currentPacketsPerSecond: 19_998.4,
  etaMs: 61_000,
  ...changes,
});

describe('argv', () => {
  it.each([
    [['-sS'], ['--syn-scan']],
    [['-p-'], ['--ports=-']],
    [['-p80,443'], ['--ports=80,443']],
    [
      ['-p', '80'],
      ['-p', '80'],
    ],
    [
      ['-p', '-'],
      ['-p', '-'],
    ],
    [
      ['-oJ', '-'],
      ['--output-json', '-'],
    ],
    [['-oJ-'], ['--output-json=-']],
    [['-oJ=x'], ['--output-json=x']],
    [['-iLfile'], ['--input-list=file']],
    [['-6'], ['--ipv6']],
    [
      ['--', '-sS'],
      ['--', '-sS'],
    ],
    [
      ['--seed', '5', 'host'],
      ['--seed', '5', 'host'],
    ],
  ])('P7 %j', (given, normal) => {
    expect(normalizeArgv(given)).toEqual(normal);
  });

  it('names options as users write them', () => {
    expect([spelling('--output-xml'), spelling('--shard')]).toEqual(['-oX', '--shard']);
  });
});

describe('failures', () => {
  it('are one line with the flag and the code', () => {
    expect(describeFailure(new InvalidRangeError('maxRate must be\n above 0'))).toEqual({
      line: 'pacegate: --max-rate must be above 0 [ERR_PACEGATE_OUT_OF_RANGE]',
      exitCode: 2,
    });
    const system = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    expect(describeFailure(system)).toEqual({ line: 'pacegate: no space [ENOSPC]', exitCode: 1 });
    expect(describeFailure('odd')).toEqual({
      line: 'pacegate: odd [ERR_PACEGATE_SYSTEM]',
      exitCode: 1,
    });
  });
});

describe('numbers for a person', () => {
  it('are grouped, and short', () => {
    expect([count(0), count(999), count(65_535), count(1_000_000)]).toEqual([
      '0',
      '999',
      '65 535',
      '1 000 000',
    ]);
    expect([
      duration(0),
      duration(3_200),
      duration(61_000),
      duration(3_723_000),
      duration(Number.NaN),
    ]).toEqual([...['0:00', '0:04', '1:01', '1:02:03', '?']]);
    expect([rate(0.5), rate(99.84), rate(19_998.4)]).toEqual(['0.5', '99.8', '19 998']);
  });
});

describe('the progress line', () => {
  class Screen implements ProgressStream {
    text = '';
    constructor(
      readonly isTTY: boolean,
      readonly columns = 80,
    ) {}
    write(text: string): void {
      this.text += text;
    }
  }

  it('rewrites one line of a terminal and takes it away', () => {
    const screen = new Screen(true);
    const line = new ProgressLine(screen, { NO_COLOR: '1' });
    line.update(statistics());
    expect(screen.text).toBe(
      '\r[#---------] 12.3%  19 998/20 000 packets/s  3 open  ETA 1:01\u001b[K',
    );
    line.clear();
    line.clear();
    expect(screen.text.endsWith('ETA 1:01\u001b[K\r\u001b[K')).toBe(true);
  });

  it('colours what was found, unless NO_COLOR or a dumb terminal forbids it', () => {
    const shown = (environment: NodeJS.ProcessEnv) => {
      const screen = new Screen(true);
      new ProgressLine(screen, environment).update(statistics());
      return screen.text.includes('\u001b[32m');
    };
    expect([
      shown({}),
      shown({ NO_COLOR: '1' }),
      shown({ NO_COLOR: '' }),
      shown({ TERM: 'dumb' }),
    ]).toEqual([...[true, false, true, false]]);
  });

  it('never wraps in a narrow terminal', () => {
    const screen = new Screen(true, 40);
    new ProgressLine(screen, { NO_COLOR: '1' }).update(statistics());
    expect(screen.text.replace('\r', '').replace('\u001b[K', '').length).toBeLessThan(40);
  });

  it.each([
    [200, /^\[#-{9}\] 12\.3%  .* packets\/s ▇▇  3 open  2 backed off  ETA 1:01$/],
    [70, /^12\.3%  .* packets\/s ▇▇  3 open  2 backed off  ETA 1:01$/],
    [65, /^12\.3%  .* packets\/s  3 open  2 backed off  ETA 1:01$/],
    [45, /^12% 17 000\/20 000\/s 3 open 1:01$/],
    [20, /^12% 3 open$/],
    [9, /^12% 3 open$/],
  ])('gives up the least useful first where there are %i columns', (columns, form) => {
    const screen = new Screen(true, columns);
    const line = new ProgressLine(screen, { NO_COLOR: '1', LANG: 'C.UTF-8' });
    const figures = { currentPacketsPerSecond: 17_000, backedOffTargets: 2 };
    line.update(statistics({ ...figures, elapsedMs: 1000 }));
    screen.text = '';
    line.update(statistics({ ...figures, elapsedMs: 2000 }));
    expect(screen.text.replace('\r', '').replace('\u001b[K', '')).toMatch(form);
  });

  it('says that the scan is paused, or stopping', () => {
    const screen = new Screen(true);
    const line = new ProgressLine(screen, {});
    line.update(statistics(), 'paused');
    expect(screen.text).toMatch(/3 open.*\u001b\[33mpaused/);
    line.update(statistics(), 'stopping');
    expect(screen.text).toMatch(/3 open.*\u001b\[33mstopping/);
  });

  it('writes a plain line every five seconds where there is no terminal', () => {
    const pipe = new Screen(false);
    const line = new ProgressLine(pipe, {});
    for (let elapsedMs = 0; elapsedMs <= 11_000; elapsedMs += 250)
      line.update(statistics({ elapsedMs }));
    line.clear();
    expect(pipe.text).toBe(
      'pacegate: 12.3%  19 998/20 000 packets/s  3 open  ETA 1:01\n'.repeat(2),
    );
  });

  it('judges the time that is left by the last seconds: not by a pause, nor by another rate', () => {
    const timeLeft = new TimeLeft();
    const left = (elapsedMs: number, settled: number, asked: number, isHeld = false): number => {
      const pace = { targetPacketsPerSecond: asked, etaMs: -1 };
      return timeLeft.look(statistics({ elapsedMs, settled, total: 10_000, ...pace }), isHeld);
    };
    expect(left(0, 0, 100)).toBe(-1);
    expect(left(2000, 100, 100)).toBe(198_000);
    expect(left(4000, 400, 100)).toBe(96_000);
    expect(left(60_000, 400, 100, true)).toBe(-1);
    expect(left(61_000, 500, 100)).toBe(-1);
    expect(left(62_000, 600, 100)).toBe(94_000);
    expect(left(62_250, 600, 1000)).toBe(-1);
    expect(left(64_250, 2600, 1000)).toBe(7400);
    expect(left(74_250, 10_000, 1000)).toBe(0);
  });

  it('says that targets are being resolved before there is a plan', () => {
    const screen = new Screen(true);
    new ProgressLine(screen, {}).update(statistics({ total: 0, percent: 0 }));
    expect(screen.text).toContain('resolving targets');
  });
});

describe('the table', () => {
  const result = (address: string, port: number, state: PortState): ScanResult => ({
    address,
    port,
    protocol: 'tcp',
    state,
    reason: state === 'open' ? 'syn-ack' : 'reset',
    ...(state === 'open' ? { rttMs: 1.234 } : {}),
  });

  it('prints open ports at once, the few others at the end, sorted', () => {
    const table = new ResultTable();
    const rows = [
      ...table.add(result('10.0.0.10', 22, 'closed')),
      ...table.add(result('10.0.0.9', 80, 'open')),
      ...table.add(result('10.0.0.9', 443, 'closed')),
      ...table.add(result('10.0.0.9', 22, 'closed')),
      ...table.add(result('2001:db8::1', 80, 'open')),
      'end',
      ...table.finish(),
    ];
    expect(rows.map((row) => row.split(/\s+/).slice(0, 3).join(' '))).toEqual([
      'ADDRESS PORT STATE',
      '10.0.0.9 80 open',
      '2001:db8::1 80 open',
      'end',
      '10.0.0.9 22 closed',
      '10.0.0.9 443 closed',
      '10.0.0.10 22 closed',
    ]);
  });

  it('leaves many closed ports to the summary', () => {
    const table = new ResultTable();
    for (let port = 1; port <= 26; port++) table.add(result('10.0.0.1', port, 'closed'));
    for (let port = 1; port <= 25; port++) table.add(result('10.0.0.1', port, 'filtered'));
    const rows = table.finish();
    expect(rows).toHaveLength(26);
    expect(rows.join('\n')).not.toContain('closed');
    expect(new ResultTable().finish()).toEqual([]);
  });
});

describe('what is said of a scan that failed on its way', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('are its figures so far, unless quiet or before it began', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const figures = statistics({ total: 2000, settled: 1234, open: 3, closed: 1230, unknown: 1 });
    new Messages({ progress: false }).figures(figures);
    expect(write.mock.calls).toEqual([
      [
        'pacegate: failed after 1 234 of 2 000 probes: 3 open, 1 230 closed, 0 filtered, 1 unknown\n',
      ],
    ]);
    new Messages({ progress: false, quiet: true }).figures(figures);
    new Messages({ progress: false }).figures(statistics({ total: 0 }));
    expect(write).toHaveBeenCalledOnce();
  });
});

describe('interrupts', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('end orderly the first time, at once the second time', () => {
    const before = process.listeners('SIGINT');
    const onFirst = vi.fn();
    const onSecond = vi.fn();
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('exited');
    });
    const interrupt = new Interrupt(onFirst, onSecond);
    const signal = process.listeners('SIGINT').find((listener) => !before.includes(listener));
    expect(interrupt.exitCode).toBeUndefined();
    signal?.('SIGINT');
    expect([interrupt.exitCode, onFirst.mock.calls.length, exit.mock.calls.length]).toEqual([
      130, 1, 0,
    ]);
    expect(onSecond).not.toHaveBeenCalled();
    expect(() => signal?.('SIGINT')).toThrow('exited');
    expect(onSecond).toHaveBeenCalledOnce();
    expect(onFirst).toHaveBeenCalledOnce();
    expect(exit).toHaveBeenCalledWith(130);
    interrupt.dispose();
    expect(process.listeners('SIGINT')).toEqual(before);
  });
});
