// A model's API allows 60 requests and 100 000 tokens a minute. Nobody knows beforehand how long an answer gets:
// charge the most it can be, give back what it was not. Five minutes of work, in no time: the clock is a ManualClock.
//
//   node examples/llm-budget.mjs
import { CompositeLimiter, SlidingWindow, TokenBucket } from 'pacegate';
import { ManualClock } from 'pacegate/testing';

const PROMPTS = 300;
const ANSWER_LIMIT = 4000;
const clock = new ManualClock();
const limits = {
  requests: new SlidingWindow({ limit: 60, windowMs: 60_000, clock }),
  tokens: new TokenBucket({ rate: 1500, burst: 10_000, clock }), // 60 s x 1500 + 10 000 = 100 000
};
const budget = new CompositeLimiter({ limits, clock, ownsLimits: true });
const calls = [];

async function ask(prompt) {
  const estimate = prompt.tokens + ANSWER_LIMIT;
  if (!(await budget.acquire({ tokens: estimate }))) throw new Error('the prompt is too long');
  const used = await callModel(prompt);
  budget.refund({ tokens: estimate - used });
}

/** The model: counts what reaches it. Answers come 2 s later and use less than they may. */
async function callModel({ tokens, answer }) {
  const call = { atMs: Number(clock.nowNs() / 1_000_000n), tokens: tokens + answer };
  calls.push(call);
  await clock.sleep(2000);
  return call.tokens;
}

const prompts = Array.from({ length: PROMPTS }, (_, index) => ({
  tokens: 200 + ((index * 37) % 800),
  answer: 100 + ((index * 61) % 1900),
}));
let isDone = false;
const work = Promise.all(prompts.map(ask)).then(() => (isDone = true));
while (!isDone) await clock.advance(50);
await work;

const used = calls.reduce((sum, { tokens }) => sum + tokens, 0);
const most = (amount) =>
  Math.max(...calls.map(({ atMs: from }) => calls.filter(within(from)).reduce(amount, 0)));
const within = (from) => (call) => call.atMs >= from && call.atMs < from + 60_000;
const minutes = Number(clock.nowNs()) / 60e9;
console.log(`${PROMPTS} answers, ${used} tokens in ${minutes.toFixed(1)} minutes`);
console.log(`most requests in any minute: ${most((count) => count + 1)} of 60`);
console.log(`most tokens in any minute: ${most((sum, call) => sum + call.tokens)} of 100000`);
const without = PROMPTS * ANSWER_LIMIT + prompts.reduce((sum, { tokens }) => sum + tokens, 0);
console.log(`without refunds it would take ${(without / 90_000).toFixed(1)} minutes`);
