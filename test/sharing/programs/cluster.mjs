// A primary and three workers that spend from one bucket in a file. One worker is killed in the middle and started
// again. Argument: the options of the bucket.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket(JSON.parse(process.argv[2]));

if (cluster.isPrimary) {
  const victim = cluster.fork({ HOLD: '1' });
  await once(victim, 'message');
  const gone = once(victim, 'exit');
  victim.process.kill('SIGKILL');
  await gone;
  const ends = [0, 1, 2].map(() => once(cluster.fork(), 'message'));
  const taken = (await Promise.all(ends)).map(([count]) => count);
  process.send({ taken, left: bucket.tryAcquireUpTo(1e6) });
  cluster.disconnect(() => process.disconnect());
} else {
  if (process.env.HOLD) {
    process.send(bucket.tryAcquireUpTo(100));
  } else {
    let taken = 0;
    for (let denied = 0; denied < 1000;) {
      if (bucket.tryAcquire()) taken++;
      else denied++;
    }
    process.send(taken);
  }
}
