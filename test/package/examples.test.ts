// Each example runs as it is written and does what it says; how fast it was is not looked at.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { output, root } from './built-package.js';

/** The numbers that follow `label` in what an example printed. */
const numbersAfter = (text: string, label: string): number[] => {
  const line = text.split('\n').find((one) => one.includes(label));
  if (line === undefined) throw new Error(`"${label}" was not printed:\n${text}`);
  const after = line.slice(line.indexOf(label) + label.length);
  return Array.from(after.matchAll(/\d+(?:\.\d+)?/g), Number);
};

const claims: Readonly<Record<string, (text: string) => void>> = {
  'api-client.mjs': (text) => {
    const [most = Infinity, limit = 0, refused] = numbersAfter(text, 'most in any second:');
    expect(most).toBeLessThanOrEqual(limit);
    expect(refused).toBe(0);
  },
  'llm-budget.mjs': (text) => {
    const [requests = Infinity, maxRequests] = numbersAfter(text, 'most requests in any minute:');
    const [tokens = Infinity, maxTokens] = numbersAfter(text, 'most tokens in any minute:');
    expect([maxRequests, maxTokens]).toEqual([60, 100_000]);
    expect(requests).toBeLessThanOrEqual(60);
    expect(tokens).toBeLessThanOrEqual(100_000);
    const [, , minutes = Infinity] = numbersAfter(text, '');
    const [without] = numbersAfter(text, 'without refunds it would take');
    expect(minutes).toBeLessThan(without ?? 0);
  },
  'keyed-server.mjs': (text) => {
    // served, refused, Retry-After: a unit comes back each 5 s
    for (const client of ['alice:', 'bob:']) expect(numbersAfter(text, client)).toEqual([10, 5, 5]);
  },
  'worker-pool.mjs': (text) => {
    const jobs = numbersAfter(text, 'jobs per worker:');
    const [total = Infinity, allowed] = numbersAfter(text, 'together:');
    expect(jobs).toHaveLength(4);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(allowed ?? 0);
  },
  'cluster.mjs': (text) => {
    const [total = Infinity, burst = 0, seconds = 0] = numbersAfter(text, 'together:');
    expect(total).toBeGreaterThanOrEqual(burst);
    expect(total).toBeLessThanOrEqual(burst + seconds);
  },
  'icmp-monitor.mjs': (text) => {
    if (text.startsWith('inactive: ')) {
      expect(text).toMatch(/needs CAP_NET_RAW|not available/);
      return;
    }
    expect(text).toMatch(/^127\.0\.0\.1 says 3\/3 about 127\.0\.0\.1:\d+\n/);
    expect(text).toContain('in this process: no\n');
    expect(text).toContain('back-off level of 127.0.0.1: 1\n');
  },
  'packet-sender.mjs': (text) => {
    if (text.startsWith('not here: ')) {
      expect(text).toMatch(/ERR_PACEGATE_(NOT_PERMITTED|NOT_SUPPORTED|NO_SUCH_INTERFACE)/);
      return;
    }
    expect(numbersAfter(text, 'sent:').slice(0, 2)).toEqual([200, 0]);
    expect(numbersAfter(text, 'sent while JavaScript was busy:')).toHaveLength(1);
  },
  'scan-control.mjs': (text) => {
    expect(numbersAfter(text, 'results:')).toEqual([1500, 0]);
    expect(text).toContain('found the open port: yes\n');
    expect(text).toMatch(/^bottleneck: [a-z-]+ \(.+\)$/m);
    expect(text.match(/, which should be .+: (met|below|above|unknown)$/gm)).toHaveLength(5);
  },
  'banners.mjs': (text) => {
    const settled = text.match(/^settled: \d+ of \d+$/gm);
    expect(settled).toEqual(['settled: 100 of 192', 'settled: 192 of 192']);
    for (const label of ['220 mail.example ESMTP:', 'SSH-2.0-demo:', 'closed:']) {
      expect(numbersAfter(text, label)).toEqual([64]);
    }
    expect(numbersAfter(text, 'results:')).toEqual([192]);
  },
  'hybrid.mjs': (text) => {
    expect(numbersAfter(text, 'TokenBucket:')).toEqual([169, 3, 69]);
    expect(numbersAfter(text, 'HybridLimiter:')).toEqual([150, 3, 50]);
  },
};

const examples = readdirSync(path.join(root, 'examples')).filter((name) => name.endsWith('.mjs'));

describe('the examples', () => {
  it('are all checked here', () => {
    expect(Object.keys(claims).sort()).toEqual(examples.sort());
  });

  it.each(examples)('%s does what it says', async (name) => {
    const text = await output(process.execPath, [path.join('examples', name)], root);
    claims[name]?.(text);
  });
});
