// Scans through the library, with the options of its argument; prints the results and the summary.
import { scan } from 'pacegate/scan';

const running = scan(JSON.parse(process.argv[2]));
const results = [];
for await (const result of running) results.push(result);
console.log(JSON.stringify({ results, summary: await running.done }));
