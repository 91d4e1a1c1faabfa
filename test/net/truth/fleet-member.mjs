// One member of a fleet: begins when told to on standard input, writes each result as a line of JSON before it takes the
// next, so that a kill -9 takes none of them back.
import { writeSync } from 'node:fs';
import { DirectoryFleetStore, scanFleet } from 'pacegate/scan';

const { directory, ...options } = JSON.parse(process.argv[2]);
const store = new DirectoryFleetStore(directory);
writeSync(1, '\n');
process.stdin.once('data', async () => {
  process.stdin.unref();
  const member = scanFleet({ ...options, store });
  for await (const result of member) writeSync(1, `${JSON.stringify(result)}\n`);
  const { complete } = await member.done;
  process.exitCode = complete ? 0 : 1;
});
