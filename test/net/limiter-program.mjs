// Two scans of one address, one by SYN packets and one by connections, that share a bucket: prints what each has sent.
import { TokenBucket } from 'pacegate';
import { scan } from 'pacegate/scan';

const [targets] = process.argv.slice(2);
const BURST = 150; // twice that is less than either has ports
const limiter = new TokenBucket({ rate: 0.001, burst: BURST }); // that is all there is
const runs = ['syn', 'connect'].map((technique) =>
  scan({ targets, ports: '1-400', technique, maxRate: 2000, retries: 0, limiter }),
);
const sent = () => runs.reduce((sum, { statistics }) => sum + statistics.sent, 0);
const waits = () => Math.min(...runs.map(({ statistics }) => statistics.limiterWaits));
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

await until(() => sent() >= BURST && waits() > 0);
console.log(sent());
limiter.reset(); // another burst
await until(() => sent() >= 2 * BURST && waits() > 1);
console.log(sent());
await Promise.all(runs.map((run) => run.stop()));
const summaries = await Promise.all(runs.map(({ done }) => done));
console.log(summaries.map(({ complete }) => complete).join());
console.log(summaries.map(({ statistics }) => statistics.settled > 0).join());
