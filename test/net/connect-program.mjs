// Argument: { targets, ports, held, options }. Holds descriptors, then scans; prints how many results of each kind there
// were, and the codes of the warnings.
import { openSync } from 'node:fs';
import { scan } from 'pacegate/scan';

const { held, ...options } = JSON.parse(process.argv[2]);
for (let i = 0; i < held; i++) openSync('/dev/null', 'r');
const run = scan({ technique: 'connect', ...options });
const kinds = {};
for await (const { state, reason } of run) {
  const kind = `${state} ${reason}`;
  kinds[kind] = (kinds[kind] ?? 0) + 1;
}
const { complete, statistics, warnings } = await run.done;
const { sent, hostTimeouts } = statistics;
console.log(
  JSON.stringify({
    kinds,
    complete,
    sent,
    hostTimeouts,
    warnings: warnings.map(({ code }) => code),
  }),
);
