// Other packages that only make callers wait.
import { awaited, type Contender, jobs } from './contender.js';
import { peer } from './peers.js';

type Job = () => Promise<boolean>;

type Bottleneck = new (o: object) => { schedule(job: Job): Promise<boolean> };

interface ThrottleModule {
  default: (o: { limit: number; interval: number }) => (job: Job) => () => Promise<boolean>;
}

interface RateLimitModule {
  pRateLimit: (o: { interval: number; rate: number }) => (job: Job) => Promise<boolean>;
}

interface SemaModule {
  RateLimit: (rps: number, o: { timeUnit: number }) => () => Promise<void>;
}

export const queueContenders: readonly Contender[] = [
  {
    name: 'bottleneck',
    peer: 'bottleneck',
    use: 'Promise.all of 20 limiter.schedule(job)',
    promised: 'window',
    waits: true,
    open({ limit, windowMs }) {
      const Limiter = peer<Bottleneck>('bottleneck');
      const refill = { reservoirRefreshAmount: limit, reservoirRefreshInterval: windowMs };
      const limiter = new Limiter({ reservoir: limit, ...refill });
      return jobs((job) => limiter.schedule(job), 20);
    },
  },
  {
    name: 'p-throttle',
    peer: 'p-throttle',
    use: 'Promise.all of 1000 throttled()',
    promised: 'window',
    waits: true,
    open({ limit, windowMs }) {
      const { default: pThrottle } = peer<ThrottleModule>('p-throttle');
      const throttle = pThrottle({ limit, interval: windowMs });
      const throttled = throttle(() => Promise.resolve(true));
      return jobs(() => throttled(), 1000);
    },
  },
  {
    name: 'p-ratelimit',
    peer: 'p-ratelimit',
    use: 'Promise.all of 1000 limit(job)',
    promised: 'window',
    waits: true,
    open({ limit, windowMs }) {
      const { pRateLimit } = peer<RateLimitModule>('p-ratelimit');
      const limited = pRateLimit({ interval: windowMs, rate: limit });
      return jobs((job) => limited(job), 1000);
    },
  },
  {
    name: 'async-sema',
    peer: 'async-sema',
    use: 'await limit()',
    promised: 'window',
    waits: true,
    open({ limit, windowMs }) {
      const { RateLimit } = peer<SemaModule>('async-sema');
      // It makes one array entry per permit at the start.
      const permits = Math.min(limit, 1_000_000);
      const limited = RateLimit(permits, { timeUnit: windowMs });
      return awaited(limited, () => true);
    },
  },
];
