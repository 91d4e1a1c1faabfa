// Caps for targets and networks that the members of a fleet share.
import { describe, expect, it } from 'vitest';
import { checkFleetOptions } from '../../../../lib/scan/fleet/fleet-options.js';
import { FleetScan } from '../../../../lib/scan/fleet/fleet-scan.js';
import { MemoryFleetStore } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { FakeNative } from '../fake-native.js';

class Host {
  readonly clock = new ManualClock(1n);
  readonly store = new MemoryFleetStore({ clock: this.clock });

  member(native: FakeNative, options: object): FleetScan {
    const settings = checkFleetOptions({
      ...{ targets: '10.0.0.0/29', ports: '1-50', maxRate: 200, seed: 5, shards: 2 },
      ...{ technique: 'syn', leaseMs: 1000, store: this.store, ...options },
    });
    return new FleetScan(settings, {
      native: native.surface(),
      lookup: () => Promise.reject(new Error('none')),
      localBroadcasts: () => [],
      connector: () => Promise.reject(new Error('none')),
      clock: this.clock,
      pollMs: 1,
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.clock.advance(40);
      await new Promise((resolve) => setTimeout(resolve, 1)); // scans look for results each millisecond
    }
  }
}

async function read(member: FleetScan): Promise<void> {
  for await (const { port } of member) expect(port).toBeGreaterThan(0);
}

const caps = { maxTargetRate: 2, maxPrefixRate: 20 };

describe('fleet: caps', () => {
  it('P11 each member holds to as large a part of the caps as of the rate; who joins need not name them', async () => {
    const host = new Host();
    const natives = [new FakeNative(), new FakeNative()] as const;
    const [first, second] = [host.member(natives[0], caps), host.member(natives[1], {})] as const;
    const reading = [read(first)];
    await host.until(() => natives[0].capParts.at(-1) === 1);
    reading.push(read(second));
    await host.until(() => natives.every(({ capParts }) => capParts.at(-1) === 0.5));
    for (const { plan } of natives) {
      expect(plan).toMatchObject({ maxTargetRate: 2, maxPrefixRate: 20, capPrefixV4: 24 });
    }
    expect(natives[0].capParts.every((part) => part > 0 && part <= 1)).toBe(true);
    const over = Promise.all([first.stop(), second.stop(), ...reading]);
    for (const native of natives) native.end(5, 0);
    let isOver = false;
    void over.then(() => (isOver = true));
    await host.until(() => isOver);
  });

  it('P11 without caps nothing is shared but the rate', async () => {
    const host = new Host();
    const native = new FakeNative();
    const member = host.member(native, {});
    const reading = read(member);
    await host.until(() => native.calls.includes('start'));
    let isOver = false;
    void Promise.all([member.stop(), reading]).then(() => (isOver = true));
    native.end(5, 0);
    await host.until(() => isOver);
    expect(native.capParts).toEqual([]);
  });

  it.each([{ maxTargetRate: 3 }, { maxPrefixRate: { rate: 20, prefixV4: 16 } }, caps])(
    'P11 who asks for other caps than the plan has is refused: %j',
    async (asked) => {
      const host = new Host();
      const given = asked === caps ? { maxTargetRate: 9 } : caps;
      const native = new FakeNative();
      const first = host.member(native, given);
      const reading = read(first);
      await host.until(() => native.calls.includes('start'));
      await expect(read(host.member(new FakeNative(), asked))).rejects.toMatchObject({
        code: 'ERR_PACEGATE_SHARED_STATE',
        message: expect.stringMatching(/other caps for targets or networks/) as string,
      });
      let isOver = false;
      void Promise.all([first.stop(), reading]).then(() => (isOver = true));
      native.end(5, 0);
      await host.until(() => isOver);
    },
  );
});
