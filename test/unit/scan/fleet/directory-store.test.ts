import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VersionChain } from '../../../../lib/scan/fleet/store/version-chain.js';
import { DirectoryFleetStore } from '../../../../lib/scan/index.js';
import { plan, progressAt } from './plan.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-fleet-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('versions of a document', () => {
  it('P11 only one of those who change the same version succeeds', async () => {
    const chains = ['a', 'b', 'c'].map((writer) => new VersionChain(folder, writer));
    const none = { number: 0, text: '' };
    expect(await chains[0]?.last()).toEqual(none);
    const done = await Promise.all(chains.map((chain, i) => chain.append(none, `text ${i}`)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await chains[0]?.last()).toEqual({ number: 1, text: `text ${done.indexOf(true)}` });
  });

  it('P11 who was stopped for long changes nothing, though the number it wants is free again', async () => {
    const [slow, quick] = [new VersionChain(folder, 'slow'), new VersionChain(folder, 'quick')];
    await quick.append(await quick.last(), 'first');
    const seen = await slow.last();
    for (let i = 0; i < 36; i++) await quick.append(await quick.last(), `text ${i}`);
    expect(readdirSync(folder)).not.toContain('plan-000000000002.json');
    expect(await slow.append(seen, 'too late')).toBe(false);
    expect(readdirSync(folder)).not.toContain('plan-000000000002.json');
    expect((await slow.last()).text).toBe('text 35');
    expect(readdirSync(folder).length).toBeLessThanOrEqual(33);
  });
});

describe('a plan in a directory', () => {
  it('P11 is one for all who use it at the same time, and outlives them', async () => {
    const stores = Array.from({ length: 6 }, () => new DirectoryFleetStore(folder));
    const proposed = stores.map((store, i) => store.open({ ...plan, seed: i }));
    const seeds = (await Promise.all(proposed)).map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(1);
    const leases = await Promise.all(
      stores.map((store, i) => store.acquire({ holder: `${i}`, leaseMs: 60_000 })),
    );
    const given = leases.filter((lease) => lease !== undefined);
    expect(given.map(({ shard }) => shard).sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(given.map(({ token }) => token)).size).toBe(4);
    for (const [i, lease] of leases.entries()) {
      if (lease?.shard !== 2) continue;
      await stores[i]?.complete(`${i}`, { ...lease, progress: progressAt(300) });
    }
    const { plan: found, totals } = await new DirectoryFleetStore(folder).status();
    expect(found?.seed).toBe(seeds[0]);
    expect(totals).toMatchObject({ done: 1, free: 0, settled: 300 });
  });

  it('P11 says that there is none, makes its directory with the plan, and refuses what is none', async () => {
    const inside = path.join(folder, 'new');
    const store = new DirectoryFleetStore(inside);
    expect((await store.status()).plan).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    await store.open(plan);
    writeFileSync(path.join(inside, 'plan-000000000009.json'), '{"version":2}');
    await expect(store.status()).rejects.toMatchObject({ code: 'ERR_PACEGATE_SHARED_STATE' });
    writeFileSync(path.join(folder, 'file'), '');
    const wrong = new DirectoryFleetStore(path.join(folder, 'file'));
    await expect(wrong.open(plan)).rejects.toMatchObject({
      code: 'ERR_PACEGATE_SYSTEM',
      message: expect.stringContaining('ENOTDIR') as string,
    });
    expect(() => new DirectoryFleetStore('')).toThrow('directory must be a path');
  });
});
