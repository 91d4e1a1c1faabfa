#!/usr/bin/env node
// Makes a checkout ready to run: system tools, npm packages, native addon, TypeScript. Does only what is
// missing or stale and says one line for each; silent when there is nothing to do. Node built-ins only,
// because nothing else is installed yet.
//
//   node scripts/bootstrap.mjs [--need run|test|bench] [--system-only]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { addon } from './steps/addon.mjs';
import { withLock } from './steps/lock.mjs';
import { npmPackages } from './steps/npm-packages.mjs';
import { endChildren, report, say, StepError } from './steps/process.mjs';
import { responder } from './steps/responder.mjs';
import { levels } from './steps/system-packages.mjs';
import { ensureSystemTools } from './steps/system-tools.mjs';
import { typescript } from './steps/typescript.mjs';

const steps = [npmPackages, addon, typescript, responder];

const isWanted = ({ since = 'run' }, need) => levels.indexOf(since) <= levels.indexOf(need);

/** Brings everything up to date for `need`: 'run', 'test' or 'bench'. Throws a StepError with one line. */
export async function ensureReady({ need = 'run', systemOnly = false } = {}) {
  checkNode();
  await ensureSystemTools(need);
  if (systemOnly) return;
  const wanted = steps.filter((step) => isWanted(step, need));
  if (wanted.every((step) => step.isFresh())) return;
  await withLock(async () => {
    for (const step of wanted) await bringUpToDate(step);
  });
}

async function bringUpToDate(step) {
  if (step.isFresh()) return;
  say(`pacegate: ${step.title}`);
  const started = performance.now();
  await step.build();
  say(`pacegate: ${step.title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new StepError(
    `needs Node 20.19 or newer, and this is ${process.versions.node}; see https://nodejs.org/en/download`,
  );
}

/** `ensureReady` for a script's first line: a failure is printed and ends the process with 1. */
export async function ensureReadyOrExit(options) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      endChildren();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
  try {
    await ensureReady(options);
  } catch (error) {
    report(error);
    process.exit(1);
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const at = args.indexOf('--need');
  const need = at < 0 ? 'run' : args[at + 1];
  if (!levels.includes(need)) {
    say(`pacegate: --need must be one of ${levels.join(', ')}, not ${need}`);
    process.exit(2);
  }
  await ensureReadyOrExit({ need, systemOnly: args.includes('--system-only') });
}
