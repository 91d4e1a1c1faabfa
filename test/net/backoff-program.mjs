// Scans with the options of its argument, and prints one JSON line for every tenth result, each back-off (with what had been
// answered by then), and at the end, which may be asked for by SIGTERM, the results and the summary.
import { scan } from 'pacegate/scan';

const print = (kind, value) => console.log(JSON.stringify({ kind, ...value }));

const running = scan(JSON.parse(process.argv[2]));
process.once('SIGTERM', () => void running.stop());
running.on('backoff', (backoff) => {
  const { icmpUnreachable, backedOffTargets } = running.statistics;
  print('backoff', { ...backoff, icmpUnreachable, backedOffTargets });
});
const results = [];
for await (const result of running) {
  results.push(result);
  if (results.length % 10 === 1) print('settled', { pairs: results.length });
}
print('ended', { results, summary: await running.done });
