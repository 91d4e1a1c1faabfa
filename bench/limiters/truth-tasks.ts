// What a limiter admits, in real time: few of them take a clock.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Contender, Quota, Subject } from './contender.js';
import { contenderCalled } from './contenders.js';
import { AdmissionLog } from './truth-log.js';

export interface Admitted {
  readonly admitted: number;
  readonly seconds: number;
  readonly mostIn1s: number;
  readonly mostIn100ms: number;
  /** Time in which the process did not get to ask, beyond what the shortest burst bridges. */
  readonly stalledMs: number;
}

/** The event loop gets a turn this often, for the timers of the limiter. */
const TURN_MS = 1;
/** Attempts between two looks at the clock of the loop. */
const CHUNK = 20;
/** A longer pause between two attempts is the machine's doing: what fell due in it may be lost, and rightly. */
const STALL_MS = 5;

export const BOUNDARY: Quota = { limit: 100, windowMs: 1000, burst: 100 };
export const SLOW: Quota = { limit: 10, windowMs: 10_000 };
export const FAST: Quota = { limit: 10_000, windowMs: 1000, burst: 100 };
export const MONTH: Quota = { limit: 1, windowMs: 30 * 86_400_000 };

/** One request, silence until just before a window that began with it ends, then as many as possible. */
export function openBoundary(name: string): () => Promise<Admitted> {
  return withSubject(name, BOUNDARY, async (subject, contender) => {
    const log = new AdmissionLog();
    const start = performance.now();
    await press(subject, contender, { log, untilMs: start + 1, atOnce: 1 });
    await sleep(Math.max(0, start + 900 - performance.now()));
    await press(subject, contender, { log, untilMs: start + 2600, atOnce: 400 });
    return admittedBy(log, start);
  });
}

/** As many as possible at a high rate. */
export function openFast(name: string): () => Promise<Admitted> {
  return withSubject(name, FAST, async (subject, contender) => {
    const log = new AdmissionLog();
    const start = performance.now();
    await press(subject, contender, { log, untilMs: start + 2000, atOnce: 25_000 });
    return admittedBy(log, start);
  });
}

/** One attempt each 100 ms at one unit a second, for 11 s: 10 at the start and 10 more. */
export function openPoll(name: string): () => Promise<Admitted> {
  return withSubject(name, SLOW, async (subject) => {
    const log = new AdmissionLog();
    const start = performance.now();
    for (let tick = 0; tick < 110; tick += 1) {
      await sleep(Math.max(0, start + tick * 100 - performance.now()));
      void noteOutcome(subject, log);
    }
    await sleep(100);
    return admittedBy(log, start);
  });
}

/** 1 in 30 days, five at once and five more after the timers had a chance. */
export function openMonth(name: string): () => Promise<Admitted> {
  return withSubject(name, MONTH, async (subject) => {
    const log = new AdmissionLog();
    const start = performance.now();
    for (let attempt = 0; attempt < 10; attempt += 1) {
      void noteOutcome(subject, log);
      await sleep(10);
    }
    return admittedBy(log, start);
  });
}

function withSubject(
  name: string,
  quota: Quota,
  scenario: (subject: Subject, contender: Contender) => Promise<Admitted>,
): () => Promise<Admitted> {
  const contender = contenderCalled(name);
  return () => scenario(contender.open(quota), contender);
}

function admittedBy(log: AdmissionLog, start: number): Admitted {
  return {
    admitted: log.count,
    seconds: (performance.now() - start) / 1000,
    mostIn1s: log.mostWithin(1000),
    mostIn100ms: log.mostWithin(100),
    stalledMs: log.stalledMs,
  };
}

interface Pressure {
  readonly log: AdmissionLog;
  readonly untilMs: number;
  /** For those that wait: how many are asked for, all at the start. */
  readonly atOnce: number;
}

async function press(subject: Subject, contender: Contender, pressure: Pressure): Promise<void> {
  if (contender.waits === true) await queueUp(subject, pressure);
  else await hammer(subject, pressure);
}

async function queueUp(subject: Subject, { log, untilMs, atOnce }: Pressure): Promise<void> {
  let lastMs = performance.now();
  for (let count = 0; count < atOnce; count += 1) {
    if (count % 500 === 499) {
      await nextTurn();
      lastMs = noteStall(log, lastMs);
    }
    void Promise.resolve(subject.attempt()).then((allowed) => {
      const now = performance.now();
      if (allowed && now < untilMs) log.add(now, now);
    });
  }
  while (lastMs < untilMs) {
    await sleep(TURN_MS);
    lastMs = noteStall(log, lastMs);
  }
}

async function hammer(subject: Subject, { log, untilMs, atOnce }: Pressure): Promise<void> {
  let turnMs = performance.now();
  let lastMs = turnMs;
  let left = atOnce === 1 ? 1 : Infinity;
  while (left > 0 && lastMs < untilMs) {
    for (let attempt = 0; attempt < CHUNK && left > 0; attempt += 1, left -= 1) {
      const beforeMs = performance.now();
      const answer = subject.attempt();
      if (typeof answer === 'boolean' ? answer : await answer) log.add(beforeMs, performance.now());
    }
    lastMs = noteStall(log, lastMs);
    if (lastMs - turnMs < TURN_MS) continue;
    await nextTurn();
    turnMs = lastMs;
  }
}

/** @returns the time now */
function noteStall(log: AdmissionLog, lastMs: number): number {
  const nowMs = performance.now();
  if (nowMs - lastMs > STALL_MS) log.stalledMs += nowMs - lastMs - STALL_MS;
  return nowMs;
}

async function noteOutcome(subject: Subject, log: AdmissionLog): Promise<void> {
  if (await subject.attempt()) log.add(performance.now(), performance.now());
}
