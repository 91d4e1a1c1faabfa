// `pacegate doctor`: what this host can do, and what to do about the rest.

import { EXIT } from '../failure.js';
import { actionsOf, isUsable, type DoctorAction } from './actions.js';
import { checksOf, type DoctorCheck } from './checks.js';
import { readHost, type HostReadings } from './readings.js';

/** What is printed, and how the command ends. */
export interface DoctorReport {
  readonly text: string;
  /** 1 when nothing can work here. */
  readonly exitCode: number;
}

/** Looks at everything; the answer is text, or one JSON document. */
export async function runDoctor(isJson: boolean): Promise<DoctorReport> {
  const host = await readHost();
  return {
    text: isJson ? jsonOf(host) : textOf(host),
    exitCode: isUsable(host) ? EXIT.done : EXIT.fault,
  };
}

function jsonOf(host: HostReadings): string {
  const checks = checksOf(host);
  const ok = checks.every(({ status }) => status !== 'missing');
  return `${JSON.stringify({ ok, checks, actions: actionsOf(host) }, null, 2)}\n`;
}

function textOf(host: HostReadings): string {
  const lines = [...checksOf(host).map(checkLine), '', ...actionLines(actionsOf(host))];
  return lines.map((line) => `${line}\n`).join('');
}

function checkLine({ status, name, detail }: DoctorCheck): string {
  return `${status.padEnd(7)}  ${name.padEnd(18)}  ${detail}`.trimEnd();
}

function actionLines(actions: readonly DoctorAction[]): string[] {
  if (actions.length === 0) return ['Nothing to do.'];
  return [
    'What to do, the most useful first:',
    ...actions.flatMap(({ action, command, gains }, index) => [
      `${String(index + 1).padStart(3)}. ${action}`,
      ...(command === null ? [] : [`       ${command}`]),
      `     gains: ${gains}`,
    ]),
  ];
}
