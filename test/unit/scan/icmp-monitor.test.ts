import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NativeInterface } from '../../../lib/internal/binding.js';
import {
  EVENT_RECORD_BYTES,
  type UnreachableEvent,
} from '../../../lib/scan/icmp-monitor/icmp-event.js';
import { IcmpMonitor } from '../../../lib/scan/icmp-monitor/icmp-monitor.js';
import { MONITOR_SLOT } from '../../../lib/scan/icmp-monitor/monitor-slots.js';

const POLL_MS = 20;

interface FakeError {
  target?: readonly number[];
  from?: readonly number[];
  type?: number;
  code?: number;
  protocol?: number;
  targetPort?: number;
  interfaceIndex?: number;
  origin?: 0 | 1 | 2;
}

function encode({
  target = [192, 0, 2, 7],
  from = [10, 0, 0, 1],
  type = 3,
  code = 13,
  protocol = 6,
  targetPort = 443,
  interfaceIndex = 2,
  origin = 0,
}: FakeError): Uint8Array {
  const bytes = new Uint8Array(EVENT_RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 123_456_789_012_345n, true);
  bytes.set(target, 8);
  bytes.set(from, 24);
  bytes.set([10, 0, 0, 2], 40);
  view.setUint32(56, interfaceIndex, true);
  view.setUint16(60, 61_000, true);
  view.setUint16(62, targetPort, true);
  bytes.set([target.length === 16 ? 6 : 4, type, code, protocol, origin], 64);
  return bytes;
}

/** The native half, in memory. */
class FakeMonitor {
  readonly slots = new Float64Array(8);
  readonly waiting: Uint8Array[] = [];
  readonly calls: string[] = [];
  interfaces: Pick<NativeInterface, 'index' | 'name'>[] = [{ index: 2, name: 'eth0' }];
  handle = 5;
  refusal: Error | undefined;
  /** What host_interfaces throws. */
  fault: Error | undefined;
  #isAlive = false;

  #checkAlive(handle: number): void {
    if (!this.#isAlive || handle !== this.handle) throw new Error('it does not exist (any more)');
  }

  hear(...errors: FakeError[]): void {
    for (const error of errors) {
      this.waiting.push(encode(error));
      this.count('queued');
      this.count('received');
    }
  }

  count(name: keyof typeof MONITOR_SLOT, by = 1): void {
    this.slots[MONITOR_SLOT[name]] = (this.slots[MONITOR_SLOT[name]] ?? 0) + by;
  }

  start(options = {}): IcmpMonitor {
    const native = {
      monitor_create: (name: string) => {
        this.calls.push(`create ${name}`);
        if (this.refusal !== undefined) throw this.refusal;
        this.#isAlive = this.handle !== 0;
        return this.handle;
      },
      monitor_drain: (handle: number, out: Uint8Array) => {
        this.#checkAlive(handle);
        const taken = this.waiting.splice(0, out.length / EVENT_RECORD_BYTES);
        taken.forEach((record, i) => {
          out.set(record, i * EVENT_RECORD_BYTES);
        });
        return taken.length;
      },
      monitor_slots: (handle: number) => {
        this.#checkAlive(handle);
        return this.slots;
      },
      monitor_destroy: (handle: number) => {
        this.#checkAlive(handle);
        this.#isAlive = false;
        this.calls.push('destroy');
      },
      host_interfaces: () => {
        this.calls.push('interfaces');
        if (this.fault !== undefined) throw this.fault;
        return this.interfaces as NativeInterface[];
      },
    };
    return new IcmpMonitor(options, { native, pollMs: POLL_MS });
  }
}

function fault(name: string): Error {
  return Object.assign(new Error(`made up: ${name}`), { fault: name, systemError: 1 });
}

function listen(monitor: IcmpMonitor): UnreachableEvent[] {
  const heard: UnreachableEvent[] = [];
  monitor.on('unreachable', (event) => heard.push(event));
  return heard;
}

const tick = (): void => {
  vi.advanceTimersByTime(POLL_MS);
};

describe('an ICMP monitor', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('P4 tells whom an error is about, who sent it, and whose probe it was', () => {
    const fake = new FakeMonitor();
    const heard = listen(fake.start());
    fake.hear(
      { origin: 1 },
      { origin: 2, type: 11, code: 0, protocol: 17, targetPort: 53 },
      {
        ...{ target: [0xfd, 0x77, ...new Array<number>(13).fill(0), 7], type: 1, code: 1 },
        ...{ from: [0xfd, 0x77, ...new Array<number>(13).fill(0), 1], protocol: 58 },
      },
    );
    expect(heard).toEqual([]);
    tick();
    const common = { interface: 'eth0', at: 123_456_789_012_345n };
    const v4 = { target: '192.0.2.7', from: '10.0.0.1', source: '10.0.0.2', family: 4, ...common };
    expect(heard).toEqual([
      {
        ...v4,
        type: 3,
        code: 13,
        protocol: 6,
        sourcePort: 61_000,
        targetPort: 443,
        verified: true,
      },
      {
        ...v4,
        type: 11,
        code: 0,
        protocol: 17,
        sourcePort: 61_000,
        targetPort: 53,
        verified: false,
      },
      {
        ...{ target: 'fd77::7', from: 'fd77::1', source: 'a00:2::', family: 6, type: 1, code: 1 },
        ...{ protocol: 58, verified: undefined, ...common },
      },
    ]);
  });

  it('P4 delivers what came before anybody listened, in batches, to all who listen', async () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    fake.hear(...Array.from({ length: 300 }, (_, i) => ({ targetPort: i })));
    tick();
    expect(fake.waiting).toHaveLength(300);
    const heard = listen(monitor);
    const reader = monitor[Symbol.asyncIterator]();
    tick();
    expect(heard.map(({ targetPort }) => targetPort)).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    await expect(reader.next()).resolves.toMatchObject({ value: { targetPort: 0 }, done: false });
    await expect(reader.next()).resolves.toMatchObject({ value: { targetPort: 1 }, done: false });
  });

  it('P4 a loop waits for events and ends at close, after what came before', async () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    const ports: unknown[] = [];
    const loop = (async () => {
      for await (const { targetPort } of monitor) ports.push(targetPort);
    })();
    await Promise.resolve();
    fake.hear({ targetPort: 1 });
    tick();
    fake.hear({ targetPort: 2 });
    monitor.close();
    await loop;
    expect(ports).toEqual([1, 2]);
    expect(fake.calls).toContain('destroy');
    await expect(monitor[Symbol.asyncIterator]().next()).resolves.toMatchObject({ done: true });
  });

  it('a loop that is left ends alone', async () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    const stays = monitor[Symbol.asyncIterator]();
    fake.hear({}, {});
    for await (const { target } of leaving(monitor)) {
      expect(target).toBe('192.0.2.7');
      break;
    }
    expect(monitor.active).toBe(true);
    await expect(stays.next()).resolves.toMatchObject({ done: false });
    monitor.close();
    await expect(stays.next()).resolves.toMatchObject({ done: false });
    await expect(stays.next()).resolves.toMatchObject({ done: true });
  });

  it('a loop that lags loses events beyond 4 096, which are counted, and nobody else does', () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    const heard = listen(monitor);
    monitor[Symbol.asyncIterator]();
    fake.hear(...new Array<FakeError>(4_100).fill({}));
    fake.count('dropped', 3);
    fake.count('kernelDropped', 2);
    fake.count('unreadable');
    tick();
    expect(heard).toHaveLength(4_100);
    expect(monitor.statistics).toEqual({
      ...{ received: 4_100, verified: 0, forged: 0, unreadable: 1 },
      ...{ dropped: 4 + 3, kernelDropped: 2 },
    });
  });

  it('P4 is one in a process: the second start names the way out', () => {
    const fake = new FakeMonitor();
    fake.handle = 0;
    expect(() => fake.start()).toThrow(
      expect.objectContaining({
        code: 'ERR_PACEGATE_MONITOR_RUNNING',
        message: expect.stringMatching(/close\(\) that one first, or share its events/) as string,
      }),
    );
  });

  it.each(['not_permitted', 'not_supported'])('P10 %s: inactive, with the reason', async (name) => {
    const fake = new FakeMonitor();
    fake.refusal = fault(name);
    const monitor = fake.start();
    expect(monitor.active).toBe(false);
    expect(monitor.inactiveReason).toBe(`made up: ${name}`);
    const heard = listen(monitor);
    for await (const event of monitor) heard.push(event);
    tick();
    expect(heard).toEqual([]);
    expect(monitor.statistics).toMatchObject({ received: 0, dropped: 0 });
    monitor.close();
    expect(fake.calls).toEqual(['create ']);
  });

  it.each([
    ['no_such_interface', 'ERR_PACEGATE_NO_SUCH_INTERFACE'],
    ['interface_down', 'ERR_PACEGATE_INTERFACE_DOWN'],
    ['system', 'ERR_PACEGATE_SYSTEM'],
  ])('%s is an error', (name, code) => {
    const fake = new FakeMonitor();
    fake.refusal = fault(name);
    expect(() => fake.start({ interface: 'eth7' })).toThrow(expect.objectContaining({ code }));
    expect(fake.calls).toEqual(['create eth7']);
  });

  it.each([
    [{ interface: '' }, /options.interface must be the name of a network interface, not ""/],
    [{ interface: 7 }, /options.interface must be/],
    [{ device: 'lo' }, /options has no "device"/],
    ['lo', /options must be an object/],
  ])('refuses %j', (options, message) => {
    const fake = new FakeMonitor();
    expect(() => fake.start(options as object)).toThrow(message);
    expect(fake.calls).toEqual([]);
  });

  it('looks the interfaces up once, and again for one it does not know', () => {
    const fake = new FakeMonitor();
    const heard = listen(fake.start());
    fake.hear({}, {}, { interfaceIndex: 9 });
    fake.interfaces.push({ index: 9, name: 'tun3' });
    tick();
    fake.hear({ interfaceIndex: 9 }, { interfaceIndex: 11 }, { interfaceIndex: 11 });
    tick();
    const names = heard.map((event) => event.interface);
    expect(names).toEqual(['eth0', 'eth0', 'tun3', 'tun3', '#11', '#11']);
    expect(fake.calls.filter((call) => call === 'interfaces')).toHaveLength(2);
  });

  it('keeps the process alive only while somebody listens, and not after unref()', () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    expect(vi.getTimerCount()).toBe(0);
    const ignore = (): void => undefined;
    monitor.on('unreachable', ignore);
    expect(vi.getTimerCount()).toBe(1);
    expect(monitor.unref().ref()).toBe(monitor);
    monitor.off('unreachable', ignore);
    expect(vi.getTimerCount()).toBe(0);
    monitor.on('unreachable', ignore);
    monitor[Symbol.dispose]();
    monitor.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(fake.calls).toEqual(['create ', 'destroy']);
    expect(monitor.inactiveReason).toBe('it has been closed');
  });

  it('a listener may close it: it hears nothing more', () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    let heard = 0;
    monitor.on('unreachable', () => {
      heard += 1;
      monitor.close();
    });
    fake.hear({}, {}, {});
    tick();
    expect(heard).toBe(1);
    expect(fake.calls.filter((call) => call === 'destroy')).toHaveLength(1);
  });

  it.each(['a poll', 'close()'])(
    'a listener that closes it during %s takes nothing from the others',
    async (during) => {
      const fake = new FakeMonitor();
      const monitor = fake.start();
      const states: boolean[] = [];
      const closing = (): void => {
        monitor.close();
        states.push(monitor.active);
      };
      const before = listen(monitor);
      monitor.on('unreachable', closing);
      const after = listen(monitor);
      const loop = monitor[Symbol.asyncIterator]();
      // More than is fetched in one piece.
      fake.hear(...Array.from({ length: 300 }, (_, i) => ({ targetPort: i })));
      if (during === 'a poll') tick();
      else monitor.close();
      expect([before.length, after.length]).toEqual([300, 300]);
      if (during === 'a poll') expect(states).toEqual([false]);
      for (let i = 0; i < 300; i++)
        await expect(loop.next()).resolves.toMatchObject({ value: { targetPort: i } });
      await expect(loop.next()).resolves.toMatchObject({ done: true });
      expect(fake.calls.filter((call) => call === 'destroy')).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('P10 tells of errors also while the interfaces cannot be listed', () => {
    const fake = new FakeMonitor();
    const monitor = fake.start();
    const heard = listen(monitor);
    fake.fault = fault('system');
    fake.hear({}, {});
    tick();
    fake.fault = undefined;
    fake.hear({});
    tick();
    expect(heard.map((event) => event.interface)).toEqual(['#2', '#2', 'eth0']);
    monitor.close();
  });
});

/** A loop that polls by hand, since timers stand still. */
function leaving(monitor: IcmpMonitor): AsyncIterable<UnreachableEvent> {
  return {
    [Symbol.asyncIterator]: () => {
      const reader = monitor[Symbol.asyncIterator]();
      tick();
      return reader;
    },
  };
}
