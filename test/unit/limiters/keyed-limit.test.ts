import { expect, test } from 'vitest';
import { CompositeLimiter, keyedLimit, KeyedLimiter, TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

test('H3 one key of a KeyedLimiter is a limit of a composite: charged with the others, or not at all', async () => {
  const clock = new ManualClock();
  const perUser = new KeyedLimiter({ rate: 1, burst: 2, clock });
  const all = new TokenBucket({ rate: 100, burst: 3, clock });
  const ann = new CompositeLimiter({ limits: { user: keyedLimit(perUser, 'ann'), all }, clock });
  const bob = new CompositeLimiter({ limits: { user: keyedLimit(perUser, 'bob'), all }, clock });
  expect(ann.tryAcquire(2)).toBe(true);
  expect(ann.check()).toMatchObject({ allowed: false, refusedBy: 'user', retryAfterMs: 1_000 });
  expect(all.availableTokens()).toBe(1);
  expect(bob.check(2)).toMatchObject({ allowed: false, refusedBy: 'all', retryAfterMs: 10 });
  expect(perUser.peek('bob').remaining).toBe(2);
  ann.refund(1);
  expect(perUser.peek('ann').remaining).toBe(1);
  const waiting = ann.acquire(2);
  await clock.advance(1_000);
  expect(await waiting).toBe(true);
});
