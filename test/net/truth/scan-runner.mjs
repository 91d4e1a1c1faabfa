// Runs one scan after another in one process: reads the options of each as a line of JSON, prints its summary as one.
//
// `stopAfter`, beside the options: the scan is stopped after so many results.
import { createInterface } from 'node:readline';
import { scan } from 'pacegate/scan';

for await (const line of createInterface(process.stdin)) {
  const { stopAfter = Infinity, ...options } = JSON.parse(line);
  const running = scan(options);
  let results = 0;
  for await (const result of running) {
    if (result) results++;
    if (results === stopAfter) void running.stop();
  }
  console.log(JSON.stringify({ ...(await running.done), results }));
}
