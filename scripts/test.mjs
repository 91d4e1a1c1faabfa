// `npm test`: every check this project has, one line each, on a fresh clone too.
//
//   npm test                          everything
//   npm test -- --only unit,lint      some stages, by name or group
//   npm test -- --list                their names
import { ensureReady } from './bootstrap.mjs';
import { stages } from './stages/index.mjs';
import { lanes, Preparation } from './steps/preparation.mjs';
import { endChildren, report, StepError } from './steps/process.mjs';

const only = readArguments(process.argv.slice(2));
const chosen = stages.filter((stage) => !only || only.has(stage.name) || only.has(stage.group));

// In CI as root nothing stands in the way of network namespaces, so their tests may not bow out.
if (isTrue(process.env.CI) && process.getuid?.() === 0) process.env.PACEGATE_REQUIRE_NETNS = '1';

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.on(signal, () => {
    endChildren('SIGKILL');
    console.log(`ended by ${signal}; nothing after this point ran`);
    process.exit(code);
  });
}

try {
  await ensureReady({ need: 'test' });
} catch (error) {
  report(error);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const preparation = new Preparation();
const total = { passed: 0, failed: 0, skipped: 0 };
for (const lane of lanes(chosen)) {
  const later = chosen.slice(chosen.indexOf(lane.at(-1)) + 1);
  if (lane.some((stage) => stage.waits)) preparation.ahead(later.filter(({ skip }) => !skip?.()));
  for (const result of await Promise.all(lane.map(runStage))) {
    for (const key of Object.keys(total)) total[key] += result[key];
  }
}
console.log(summary(total));
process.exitCode = total.failed > 0 ? 1 : 0;

async function runStage(stage) {
  const reason = stage.skip?.();
  if (reason) {
    line('skip', stage.name, reason);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const started = performance.now();
  const result = await preparation
    .of(stage)
    .then((prepared) => stage.run(prepared))
    .catch((error) => {
      const output = error instanceof StepError ? `${error.output}\n${error.message}` : error.stack;
      return { passed: 0, failed: 1, skipped: 0, output };
    });
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  line(result.failed > 0 ? 'FAIL' : 'ok', stage.name, summary(result), seconds);
  for (const title of result.skippedTitles ?? []) console.log(`       skipped: ${title}`);
  if (result.failed > 0) console.log(indent(result.output));
  return result;
}

function line(verdict, name, text, time = '') {
  console.log(
    `${verdict.padEnd(5)} ${name.padEnd(14)} ${text.padEnd(36)} ${time.padStart(8)}`.trimEnd(),
  );
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function indent(text) {
  return text.trimEnd().replaceAll(/^/gm, '       ');
}

function isTrue(text) {
  return text !== undefined && !['', '0', 'false'].includes(text);
}

/** The names after --only, or undefined for all; ends the process on --list and on what it does not know. */
function readArguments(args) {
  if (args.length === 0) return undefined;
  if (args.length === 1 && args[0] === '--list') {
    for (const stage of stages) console.log(`${stage.name.padEnd(14)} (${stage.group})`);
    process.exit(0);
  }
  const names = args.length === 2 && args[0] === '--only' ? args[1].split(',').filter(Boolean) : [];
  const known = new Set(stages.flatMap((stage) => [stage.name, stage.group]));
  const unknown = names.filter((name) => !known.has(name));
  if (names.length === 0 || unknown.length > 0) {
    const what = unknown.length > 0 ? `no such stage: ${unknown.join(', ')}; ` : '';
    console.error(`${what}usage: npm test -- [--list | --only ${[...known].join(',')}]`);
    process.exit(2);
  }
  return new Set(names);
}
