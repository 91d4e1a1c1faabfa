import { describe, expect, it } from 'vitest';
import { checkFleetOptions } from '../../../../lib/scan/fleet/fleet-options.js';
import { FleetScan } from '../../../../lib/scan/fleet/fleet-scan.js';
import { MemoryFleetStore, type FleetStore, type ScanResult } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { FakeNative } from '../fake-native.js';

const LEASE_MS = 1000;

/** A host with one clock: members on it, the pairs they have asked, and when. */
class Host {
  readonly clock = new ManualClock(1n);
  readonly store = new MemoryFleetStore({ clock: this.clock });
  readonly asked: { pair: string; by: string; atMs: number }[] = [];

  member(name: string, options: object = {}): FleetScan {
    const settings = checkFleetOptions({
      ...{ targets: '10.0.0.0/29', ports: '1-50', maxRate: 200, seed: 5, shards: 6 },
      ...{ technique: 'connect', leaseMs: LEASE_MS, store: this.store, ...options },
    });
    return new FleetScan(settings, {
      native: new FakeNative().surface(),
      lookup: () => Promise.reject(new Error('none')),
      localBroadcasts: () => [],
      connector: ({ address, port }) => {
        const atMs = Number(this.clock.nowNs()) / 1e6;
        this.asked.push({ pair: `${address} ${port}`, by: name, atMs });
        return Promise.resolve({ kind: 'answer', state: 'closed', reason: 'conn-refused' });
      },
      clock: this.clock,
      pollMs: 1,
    });
  }

  /** Lets time pass until all are over. */
  async pass<Outcome>(...outcomes: Promise<Outcome>[]): Promise<PromiseSettledResult<Outcome>[]> {
    const over = new AbortController();
    const settled = Promise.allSettled(outcomes).finally(() => {
      over.abort();
    });
    await this.until(() => over.signal.aborted);
    return settled;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#step();
  }

  async #step(): Promise<void> {
    await this.clock.advance(40);
    await new Promise((resolve) => setTimeout(resolve, 1)); // scans look for results each millisecond
  }

  get pairs(): string[] {
    return this.asked.map(({ pair }) => pair);
  }

  askedBy(name: string): number {
    return this.asked.filter(({ by }) => by === name).length;
  }
}

async function collect(member: FleetScan, results: ScanResult[] = []): Promise<ScanResult[]> {
  for await (const result of member) results.push(result);
  return results;
}

const allOf = (results: readonly ScanResult[]): Set<string> =>
  new Set(results.map(({ address, port }) => `${address} ${port}`));

/** A store that somebody can be cut off from: its answers wait, as those of a process that stands still. */
function breakable(store: FleetStore): FleetStore & { cut(): void; mend(): void } {
  let gate = Promise.resolve();
  let open = (): void => undefined;
  const through =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      const answer = await call.apply(store, args);
      await gate;
      return answer;
    };
  return {
    open: through((plan) => store.open(plan)),
    acquire: through((term) => store.acquire(term)),
    renew: through((request) => store.renew(request)),
    complete: through((holder, lease) => store.complete(holder, lease)),
    leave: through((holder, leases) => store.leave(holder, leases)),
    status: () => store.status(),
    close: () => store.close(),
    cut: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    mend: () => {
      open();
    },
  };
}

describe('a fleet', () => {
  it('P11 scans every pair once, by as many members as there are, at one rate', async () => {
    const host = new Host();
    const members = [host.member('one'), host.member('two')];
    const outcomes = await host.pass(...members.map((member) => collect(member)));
    expect(host.pairs).toHaveLength(400);
    expect(new Set(host.pairs).size).toBe(400);
    const results = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : [],
    );
    expect(results).toHaveLength(400);
    expect(Math.min(host.askedBy('one'), host.askedBy('two'))).toBeGreaterThan(50);
    for (const member of members) {
      const summary = await member.done;
      expect(summary).toMatchObject({ complete: true, shards: 6, addresses: 8, ports: 50 });
      expect(summary.statistics).toMatchObject({ phase: 'done', settled: 400, percent: 100 });
    }
    // In every second 200, and what the pacing of two scans may be early by.
    for (const { atMs } of host.asked) {
      const within = host.asked.filter((one) => one.atMs > atMs - 1000 && one.atMs <= atMs);
      expect(within.length).toBeLessThanOrEqual(200 + 20);
    }
  });

  it('P11 takes over from a member that stands still, which then sends nothing and reports nothing', async () => {
    const host = new Host();
    const store = breakable(host.store);
    const shards = 1; // long enough that a shard is not done when its holder has to hold it
    const [slow, quick] = [
      host.member('slow', { store, shards }),
      host.member('quick', { shards }),
    ];
    const slowResults: ScanResult[] = [];
    const slowEnd = collect(slow, slowResults);
    await host.until(() => host.askedBy('slow') > 10);
    store.cut();
    const cutMs = Number(host.clock.nowNs()) / 1e6;
    const quickEnd = collect(quick);
    await host.pass(quickEnd);
    store.mend();
    await host.pass(slowEnd);
    const late = host.asked.filter(({ by, atMs }) => by === 'slow' && atMs > cutMs + LEASE_MS);
    expect(late).toEqual([]);
    expect(allOf([...slowResults, ...(await quickEnd)]).size).toBe(400);
    expect((await host.store.status()).totals).toMatchObject({ done: 1, settled: 400 });
    expect((await slow.done).complete).toBe(true);
    expect(host.pairs.length - 400).toBeLessThan(200); // its term at most, and what it had not told
  });

  it('P11 goes on where a member has left the loop: what it was given last is probed again', async () => {
    const host = new Host();
    const left: ScanResult[] = [];
    const leave = async (): Promise<void> => {
      for await (const result of host.member('one')) {
        left.push(result);
        if (left.length === 50) break;
      }
    };
    await host.pass(leave());
    expect((await host.store.status()).totals).toMatchObject({ done: 0, free: 6, members: 0 });
    const rest = collect(host.member('two'));
    await host.pass(rest);
    expect(allOf([...left, ...(await rest)]).size).toBe(400);
  });

  it('P11 stopped by its signal it gives back what it has, and the loop ends', async () => {
    const host = new Host();
    const controller = new AbortController();
    const member = host.member('one', { signal: controller.signal });
    const results = collect(member);
    await host.until(() => host.asked.length > 50);
    controller.abort();
    await host.pass(results);
    const summary = await member.done;
    expect(summary).toMatchObject({ complete: false, statistics: { phase: 'stopped' } });
    expect((await host.store.status()).totals.free).toBe(6);
    expect(await results).toHaveLength(host.asked.length);
  });

  it('P11 tells of no progress that is not safe with its reader', async () => {
    const host = new Host();
    const results: ScanResult[] = [];
    let safe = 0;
    const flush = async (): Promise<void> => {
      const given = results.length;
      await host.clock.sleep(100);
      safe = given;
    };
    const told: boolean[] = [];
    const renew = host.store.renew.bind(host.store);
    host.store.renew = (request) => {
      const settled = request.leases.map(({ progress }) => progress?.state.position ?? 0);
      told.push(settled.every((count) => count <= safe));
      return renew(request);
    };
    await host.pass(collect(host.member('one', { flush, shards: 1 }), results));
    expect(results).toHaveLength(400);
    expect(told.length).toBeGreaterThan(5);
    expect(told).not.toContain(false);
    expect((await host.store.status()).totals.settled).toBe(400);
  });

  it('P11 fails with what the store throws, once its term is over', async () => {
    const host = new Host();
    const member = host.member('one');
    const results = collect(member);
    await host.until(() => host.asked.length > 20);
    host.store.renew = () => Promise.reject(new Error('the store is away'));
    const [outcome] = await host.pass(results);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the store is away' } });
    await expect(member.done).rejects.toThrow('the store is away');
    expect(member.statistics.phase).toBe('failed');
  });

  it.each<[string, object]>([
    ['has the seed 5; this member asks for 6', { seed: 6 }],
    ['has the maxRate 200; this member asks for 300', { maxRate: 300 }],
    ['has the shards 6; this member asks for 7', { shards: 7 }],
    ['has other addresses, ports or excludes', { ports: '1-49' }],
    ['has other addresses, ports or excludes', { exclude: '10.0.0.1' }],
  ])('P11 joins no other plan: it %s', async (message, options) => {
    const host = new Host();
    const one = host.member('one');
    const first = collect(one);
    await host.until(() => host.asked.length > 0);
    void one.stop();
    await host.pass(first);
    const member = host.member('two', options);
    await expect(collect(member)).rejects.toMatchObject({ code: 'ERR_PACEGATE_SHARED_STATE' });
    await expect(member.done).rejects.toThrow(message);
  });

  it('P11 who joins need not say what the plan says', async () => {
    const host = new Host();
    const first = collect(host.member('one'));
    await host.until(() => host.asked.length > 0);
    const unsaid = { seed: undefined, maxRate: undefined, shards: undefined };
    const member = host.member('two', unsaid);
    await host.pass(first, collect(member));
    expect(await member.done).toMatchObject({ complete: true, seed: 5 });
  });

  it.each<[object, string]>([
    [{ shard: { index: 0, count: 2 } }, 'NOT_SUPPORTED'],
    [{ resume: {} }, 'NOT_SUPPORTED'],
    [{ minRate: 5 }, 'NOT_SUPPORTED'],
    [{ pcap: 'scan.pcap' }, 'NOT_SUPPORTED'],
    [{ maxRate: 'auto' }, 'NOT_SUPPORTED'],
    [{ store: {} }, 'INVALID_ARGUMENT'],
    [{ store: undefined }, 'INVALID_ARGUMENT'],
    [{ shards: 0 }, 'OUT_OF_RANGE'],
    [{ shards: 5000 }, 'OUT_OF_RANGE'],
    [{ leaseMs: 10 }, 'OUT_OF_RANGE'],
    [{ flush: 5 }, 'INVALID_ARGUMENT'],
    [{ targets: '10.0.0.0/33' }, 'OUT_OF_RANGE'],
    [{ nonsense: 1 }, 'INVALID_ARGUMENT'],
  ])('P11 refuses %j at once', (options, code) => {
    expect(() => new Host().member('one', options)).toThrow(
      expect.objectContaining({ code: `ERR_PACEGATE_${code}` }),
    );
  });
});
