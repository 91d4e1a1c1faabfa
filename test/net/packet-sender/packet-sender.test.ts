// What a PacketSender sends, as the receiving kernel sees it: each destination once, every checksum right.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatIpv4 } from '../../../lib/scan/targets/address.js';
import { must } from '../command.js';
import { describeInNamespaces, Namespace } from '../namespace.js';
import { buildFrame, type FrameParts } from './frame.js';
import { Receiver } from './receiver.js';

const PROGRAM = path.join(import.meta.dirname, 'programs/transmit.mjs');
const SEND = path.join(import.meta.dirname, 'programs/send-and-close.mjs');
const MIXED = path.join(import.meta.dirname, 'programs/send-and-transmit.mjs');
const SENDER = { v4: '10.78.0.1', v6: 'fd78::1' };
const RECEIVER = { v4: '10.78.0.2', v6: 'fd78::2' };
/** Every address of 10.79.0.0/16 is the receiver's. */
const FIRST = 0x0a4f_0001;

const backends = ['packet', 'rawip', 'pcap', 'xdp'] as const;

interface Outcome {
  readonly backend: string;
  readonly report: {
    readonly sent: number;
    readonly failed: number;
    readonly complete: boolean;
    readonly next?: string | number;
  };
  readonly sentMeanwhile: number;
  readonly statistics: Readonly<Record<string, number>>;
}

/** Counters of what the kernel found wrong. */
const faults = [
  ...['Ip.InHdrErrors', 'Icmp.InErrors', 'Icmp.InCsumErrors', 'Tcp.InErrs', 'Tcp.InCsumErrors'],
  ...['Udp.InErrors', 'Udp.InCsumErrors', 'Ip6InHdrErrors', 'Udp6InErrors', 'Udp6InCsumErrors'],
];

describeInNamespaces('a packet sender', () => {
  let near: Namespace;
  let far: Namespace;
  let link: { source: string; destination: string };

  beforeAll(async () => {
    near = await Namespace.create('near');
    far = await Namespace.create('far');
    await near.join(
      far,
      { name: 'near0', addresses: [`${SENDER.v4}/24`, `${SENDER.v6}/64`] },
      { name: 'far0', addresses: [`${RECEIVER.v4}/24`, `${RECEIVER.v6}/64`] },
    );
    link = { source: await macOf(near, 'near0'), destination: await macOf(far, 'far0') };
    await near.ip(`route add 10.79.0.0/16 via ${RECEIVER.v4}`);
    for (const address of Object.values(RECEIVER)) {
      await near.ip(`neigh replace ${address} lladdr ${link.destination} dev near0 nud permanent`);
    }
    await far.ip('route add local 10.79.0.0/16 dev lo');
    // With generic receive offload a veth takes frames that are redirected to its other end.
    await must('ip', ['netns', 'exec', far.name, 'ethtool', '-K', 'far0', 'gro', 'on']);
    // Every datagram to a closed port would be answered.
    await far.sysctl({ 'net.ipv4.icmp_echo_ignore_all': 1 });
  });
  afterAll(() => {
    near.remove();
    far.remove();
  });

  async function transmit(
    open: object,
    options: object,
    frame: Buffer,
    block = false,
  ): Promise<Outcome> {
    const plan = { open, transmit: { ...options, template: frame.toString('hex') }, block };
    const { code, stdout, stderr } = await near.run(process.execPath, [
      PROGRAM,
      JSON.stringify(plan),
    ]);
    if (code !== 0) throw new Error(`the transmit ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Outcome;
  }

  describe.each(backends)('over %s', (backend) => {
    const open = { interface: 'near0', backend, rate: 20_000 };
    const frame = (parts: Partial<FrameParts>): Buffer =>
      buildFrame({
        source: SENDER.v4,
        destination: RECEIVER.v4,
        protocol: 'udp',
        ...(backend === 'rawip' ? {} : { link }),
        ...parts,
      });

    test.each([
      ['udp', 'Udp.NoPorts'],
      ['tcp', 'Tcp.OutRsts'],
      ['icmp', 'Icmp.InEchos'],
    ] as const)(
      'P3 each destination of %s gets one packet, and it is whole',
      async (protocol, counter) => {
        const count = 3000;
        const receiver = await Receiver.install(far, 'far0', 'ipv4', SENDER.v4);
        const before = await receiver.kernel();
        const { report, ...rest } = await transmit(
          open,
          { vary: 'ipv4-destination', from: formatIpv4(FIRST), count },
          frame({ protocol, payload: 7 }),
        );
        expect(report).toMatchObject({ sent: count, failed: 0, complete: true });
        expect(rest.backend).toBe(backend);
        const addresses = Array.from({ length: count }, (_, i) => formatIpv4(FIRST + i));
        expect(await receiver.counts()).toEqual(new Map(addresses.map((address) => [address, 1])));
        await expectKernel(receiver, before, counter, count);
      },
    );

    test.each([
      ['udp', 'v4', 'Udp.NoPorts'],
      ['tcp', 'v4', 'Tcp.OutRsts'],
      ['udp', 'v6', 'Udp6NoPorts'],
      ['tcp', 'v6', 'Tcp.OutRsts'],
    ] as const)(
      'P3 each port of %s over IP%s gets one packet, and it is whole',
      async (protocol, family, counter) => {
        const count = 2000;
        const receiver = await Receiver.install(far, 'far0', 'port', SENDER[family]);
        const before = await receiver.kernel();
        const { report } = await transmit(
          open,
          { vary: 'destination-port', from: 10_000, count },
          frame({ protocol, source: SENDER[family], destination: RECEIVER[family], payload: 64 }),
        );
        expect(report).toMatchObject({ sent: count, failed: 0, complete: true });
        const ports = Array.from({ length: count }, (_, i) => 10_000 + i);
        expect(await receiver.counts()).toEqual(new Map(ports.map((port) => [port, 1])));
        await expectKernel(receiver, before, counter, count);
      },
    );

    test('P3 a frame as large as the MTU allows arrives, and a larger one is refused before', async () => {
      const receiver = await Receiver.install(far, 'far0', 'ipv4', SENDER.v4);
      const before = await receiver.kernel();
      const largest = frame({ payload: 1472 });
      const { report } = await transmit(open, { vary: 'none', count: 10 }, largest);
      expect(report).toMatchObject({ sent: 10, complete: true });
      expect(await receiver.counts()).toEqual(new Map([[RECEIVER.v4, 10]]));
      await expectKernel(receiver, before, 'Udp.NoPorts', 10);
      await expect(
        transmit(open, { vary: 'none', count: 1 }, frame({ payload: 1473 })),
      ).rejects.toThrow(/ERR_PACEGATE_OUT_OF_RANGE|at most 15\d\d bytes/);
    });

    test('P3 frames of one’s own leave, though the sender is closed at once', async () => {
      const receiver = await Receiver.install(far, 'far0', 'port', SENDER.v4);
      const ports = Array.from({ length: 50 }, (_, i) => 30_000 + i);
      const frames = ports.map((destinationPort) => frame({ destinationPort }).toString('hex'));
      const plan = JSON.stringify({ open: { interface: 'near0', backend }, frames });
      const { code, stdout, stderr } = await near.run(process.execPath, [SEND, plan]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({ backend, taken: 50, sent: 50 });
      expect(await receiver.counts()).toEqual(new Map(ports.map((port) => [port, 1])));
    });

    test('P3 frames of one’s own are no part of the transmit after them, and counted without one', async () => {
      const plan = JSON.stringify({
        open: { interface: 'near0', backend },
        frame: frame({}).toString('hex'),
      });
      const { code, stdout, stderr } = await near.run(process.execPath, [MIXED, plan]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const counted = { before: 3, sent: 10, complete: true, after: 3, all: 16 };
      expect(JSON.parse(stdout)).toEqual(counted);
    });

    test('P3 a blocked event loop does not matter', async () => {
      const { sentMeanwhile, report } = await transmit(
        open,
        { vary: 'ipv4-destination', from: formatIpv4(FIRST), count: 200 },
        frame({}),
        true,
      );
      expect(sentMeanwhile).toBe(200);
      expect(report.complete).toBe(true);
    });
  });

  async function expectKernel(
    receiver: Receiver,
    before: ReadonlyMap<string, number>,
    counter: string,
    count: number,
  ): Promise<void> {
    const after = await receiver.kernel();
    const since = (name: string): number => (after.get(name) ?? NaN) - (before.get(name) ?? NaN);
    expect(Object.fromEntries(faults.map((name) => [name, since(name)]))).toEqual(
      Object.fromEntries(faults.map((name) => [name, 0])),
    );
    expect(since(counter)).toBe(count);
  }
});

async function macOf(namespace: Namespace, device: string): Promise<string> {
  const text = await must('ip', ['-j', '-n', namespace.name, 'link', 'show', 'dev', device]);
  const [found] = JSON.parse(text) as { address: string }[];
  return found?.address ?? '';
}
