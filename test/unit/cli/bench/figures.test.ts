import { describe, expect, it } from 'vitest';
import { limiterLines } from '../../../../lib/cli/bench/limiters/limiter-lines.js';
import { PeerPackages } from '../../../../lib/cli/bench/limiters/peers.js';
import {
  arrivalRate,
  receivedPackets,
  type Arrival,
} from '../../../../lib/cli/bench/scan/arrivals.js';
import { ownRate } from '../../../../lib/cli/bench/scan/loopback-senders.js';
import { race, type RaceOptions } from '../../../../lib/cli/bench/scan/races.js';
import type { ProgramOutcome } from '../../../../lib/cli/bench/scan/run-program.js';
import { scanLines } from '../../../../lib/cli/bench/scan/scan-lines.js';
import {
  connectScanners,
  ofGreppable,
  ofList,
  synScanners,
  type Scanner,
} from '../../../../lib/cli/bench/scan/scanners.js';
import { interleaveUntil, median, ratioOf, spreadOf } from '../../../../lib/cli/bench/spread.js';
import { spreadText } from '../../../../lib/cli/bench/table.js';

describe('figures over rounds', () => {
  it('are medians with their extremes', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
    expect(spreadOf([])).toBeUndefined();
    expect(spreadText(spreadOf([55.4, 2.81, 1240]))).toBe('55 (2.8 to 1 240)');
    expect([spreadText(spreadOf([7])), spreadText(undefined)]).toEqual(['7.0', '-']);
  });

  it('are compared round by round: a slow round of the machine is one of both', () => {
    expect(ratioOf([50, 500, 60], [5, 50, 6])).toBe(10);
    expect(ratioOf([50], [])).toBeUndefined();
  });

  it('come from interleaved rounds, one of them in any case', async () => {
    const order: string[] = [];
    const measure = (item: string): Promise<void> => {
      order.push(item);
      return Promise.resolve();
    };
    expect(await interleaveUntil(['a', 'b'], 3, Infinity, measure)).toBe(3);
    expect(order.join('')).toBe('abbaab');
    expect(await interleaveUntil(['a'], 3, -Infinity, measure)).toBe(1);
  });
});

describe('packets that arrive', () => {
  it('have the rate of the line through them, without beginning and end', () => {
    const arrivals = Array.from({ length: 600 }, (_, at): Arrival => {
      const sent = Math.min(Math.max(at * 2 - 100, 0), 1000); // begins late, ends early
      return [at * 2, 7 + sent * 10 + (at % 2)];
    });
    expect(arrivalRate(arrivals)).toBeCloseTo(10_000, -1);
  });

  it('are too few to tell by', () => {
    expect(arrivalRate([])).toBeUndefined();
    expect(arrivalRate(Array.from({ length: 50 }, (_, at): Arrival => [at, at]))).toBeUndefined();
    const atOnce: Arrival[] = [
      ...Array.from({ length: 30 }, (_, at): Arrival => [at, 0]),
      [31, 9e5],
    ];
    expect(arrivalRate(atOnce)).toBeUndefined();
  });

  it('are read from /proc/net/dev', () => {
    const text = [
      'Inter-|   Receive                        |  Transmit',
      ' face |bytes    packets errs drop fifo   |bytes packets',
      '    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0',
      '  rx0: 5400 90 0 0 0 0 0 0 10 2 0 0 0 0 0 0',
    ].join('\n');
    expect(receivedPackets(text, 'rx0')).toBe(90);
    expect(receivedPackets(text, 'rx1')).toBe(0);
  });
});

const outcome = (more: Partial<ProgramOutcome>): ProgramOutcome => ({
  ...{ stdout: '', stderr: '', seconds: 1, isLate: false, failure: '' },
  ...more,
});

const pacegate: Scanner = { name: 'pacegate', command: ['pacegate'], found: ofList };

/** @param answers - of one scanner, round by round */
function raceOf(answers: ProgramOutcome[], more: Partial<RaceOptions> = {}) {
  return race({
    ...{ what: 'a network', scanners: [pacegate] },
    ...{ truth: new Set(['10.78.0.1 80', '10.78.0.2 80']), isTruthPartial: false },
    run: () => Promise.resolve(answers.shift() ?? outcome({ failure: 'asked again' })),
    ...{ limitMs: 5000, untilMs: Infinity, ...more },
  });
}

describe('races of scanners', () => {
  it('tell what was missed and invented in the worst round', async () => {
    const all = 'open tcp 80 10.78.0.1 1\nopen tcp 80 10.78.0.2 1\n';
    const rounds = [all, 'open tcp 80 10.78.0.1 1\nopen tcp 81 10.78.0.9 1\n', all, all, all];
    const { rows, rounds: count } = await raceOf(rounds.map((stdout) => outcome({ stdout })));
    expect(count).toBe(5);
    expect(rows[0]).toMatchObject({ missed: 1, invented: 1, seconds: { median: 1 } });
    const partial = await raceOf([outcome({ stdout: `${all}open tcp 81 10.78.0.9 1\n` })], {
      ...{ untilMs: -Infinity, isTruthPartial: true },
    });
    expect(partial.rows[0]).toMatchObject({ missed: 0, invented: 0 });
  });

  it('say who was not done in time, or failed, and do not ask again', async () => {
    const late = await raceOf([outcome({ isLate: true })]);
    expect(late.rows[0]?.failure).toBe('not done in 5.0 s');
    const failed = await raceOf([outcome({ failure: 'no route' })]);
    expect(failed.rows[0]?.failure).toBe('no route');
    const rows = [{ sender: 'mine', asked: 10, failure: 'not permitted' }];
    const counted = { countedBy: 'sender', rounds: 1, seconds: 1, pacedSeconds: 1 } as const;
    const figures = { race: failed, senders: { ...counted, rows }, withoutNamespaces: 'why' };
    expect(scanLines(figures).join('\n')).toMatch(
      /^Not measured: mine: not permitted\n\n[^]*no route\n[^]*ended after 5.0 s[^]*Not measured: other[^]*\(why\)/,
    );
  });

  it('name who is not installed', async () => {
    const absent = { ...pacegate, program: 'no-such-scanner' };
    const { rows, absent: names } = await raceOf([], { scanners: [absent] });
    expect([rows, names]).toEqual([[], ['no-such-scanner']]);
  });

  it('read what scanners print', () => {
    const summary = '{"type":"summary","statistics":{"packetsPerSecond":99.5}}';
    expect(ownRate(`warning: x\n${summary}\n`)).toBe(99.5);
    expect(ownRate('pacegate: not permitted')).toBeUndefined();
    expect(ofList('# x\nopen tcp 80 10.0.0.1 17\nclosed tcp 81 10.0.0.1 17\n')).toEqual([
      '10.0.0.1 80',
    ]);
    const greppable =
      'Host: 10.0.0.1 ()\tPorts: 22/open/tcp//ssh///, 80/closed/tcp//x///\tIgnored: y\n';
    expect(ofGreppable(greppable)).toEqual(['10.0.0.1 22']);
  });

  it('go nowhere but into the field and to 127.0.0.1', () => {
    const targets = [...synScanners(['10.78.0.0/24'], 9), ...connectScanners(['127.0.0.1'])];
    for (const { command } of targets)
      expect(command.filter((word) => /^\d+\.\d+\.\d+\.\d+/.test(word))).toHaveLength(
        command.includes('--adapter-ip') ? 2 : 1,
      );
  });
});

describe('packages of others', () => {
  it('are found where they are, with their version, or are absent', () => {
    const packages = new PeerPackages();
    expect(packages.version('commander')).toMatch(/^\d+\./);
    expect(packages.version('no-such-package')).toBeUndefined();
    const ns = { median: 2, least: 1, most: 3 };
    const text = limiterLines({
      ...{ rounds: 5, roundMs: 10, keys: 100_000, keyed: [], absent: ['bottleneck'] },
      single: [
        { name: 'mine', use: 'take()', allowed: { ns, timesAsFast: 1 } },
        { name: 'theirs', use: 'take()', version: '1.2.3', failure: 'it threw' },
      ],
    }).join('\n');
    expect(text).toContain('2.0 (1.0 to 3.0)');
    expect(text).toContain('theirs 1.2.3');
    expect(text).toContain('Not measured: theirs: it threw');
    expect(text).toContain('npm install bottleneck');
  });
});
