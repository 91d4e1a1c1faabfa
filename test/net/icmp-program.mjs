// Runs an IcmpMonitor with the options of its argument, and prints one JSON line for everything that happens: its
// start, each event, the results of a scan in the same process if one is asked for (SIGUSR2 stops it), and, at SIGTERM,
// its figures.
import { IcmpMonitor, scan } from 'pacegate/scan';

const { options, scanOptions } = JSON.parse(process.argv[2]);
const print = (kind, value) =>
  console.log(JSON.stringify({ kind, ...value }, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));

const monitor = IcmpMonitor.start(options);
process.once('SIGTERM', () => monitor.close());
print('started', { active: monitor.active, reason: monitor.inactiveReason });
if (scanOptions !== undefined) void scanBeside();
for await (const { verified, ...event } of monitor)
  print('event', { ...event, verified: verified ?? 'undefined' });
print('ended', { active: monitor.active, statistics: monitor.statistics });

async function scanBeside() {
  const running = scan(scanOptions);
  process.once('SIGUSR2', () => void running.stop());
  for await (const result of running) print('result', result);
  const { complete, statistics } = await running.done;
  print('scanned', { complete, icmpUnreachable: statistics.icmpUnreachable });
}
