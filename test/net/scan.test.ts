// What pacegate finds must be what is there, and what nmap finds.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces } from './namespace.js';
import { nmapFindings, scanFindings, type Finding, type Findings } from './tools.js';
import { buildLab, hosts, type Lab } from './topology.js';

type HostName = keyof typeof hosts;
type Family = 'v4' | 'v6';

/** What is there, by construction: for the whole host, and what differs at single ports. */
interface Truth {
  readonly all: Finding;
  readonly only?: Readonly<Record<number, Finding>>;
}

const open = { state: 'open', reason: 'syn-ack' };
const closed = { state: 'closed', reason: 'reset' };
const filtered = (reason: string): Finding => ({ state: 'filtered', reason });

const truths = {
  router: { all: closed, only: { 22: open } },
  nobody: { all: filtered('host-unreach') },
  server: { all: closed, only: { 22: open, 80: open, 443: open } },
  resetting: { all: closed },
  silent: { all: filtered('no-response') },
  rejecting: { all: filtered('port-unreach') },
  mixed: {
    all: closed,
    only: {
      22: open,
      80: open,
      443: filtered('admin-prohibited'),
      8080: filtered('no-response'),
    },
  },
  missing: { all: filtered('host-unreach') },
  prohibited: { all: filtered('admin-prohibited') },
  unreachable: { all: filtered('host-unreach') },
} satisfies Readonly<Record<HostName, Truth>>;

/** For a route of type `unreachable` the kernel sends host unreachable, and ICMPv6 "no route". */
const v6Truths = { ...truths, unreachable: { all: filtered('no-route') } };

/**
 * The kernel sends the IPv4 errors of such routes five at a time, then one a second, whatever its settings: two
 * ports of each are probed, or which of them stays silent would be chance.
 */
const rationed: readonly HostName[] = ['prohibited', 'unreachable'];
const free = (Object.keys(hosts) as HostName[]).filter((name) => !rationed.includes(name));
const ports = [1, 22, 80, 443, 8080, 9999, 65535];
const fewPorts = [80, 9999];

function truthOf(names: readonly HostName[], family: Family, ofPorts: readonly number[]): Findings {
  const all: Readonly<Record<HostName, Truth>> = family === 'v4' ? truths : v6Truths;
  return new Map(
    names.flatMap((name) =>
      ofPorts.map((port) => [
        `${hosts[name][family]} ${port}`,
        all[name].only?.[port] ?? all[name].all,
      ]),
    ),
  );
}

const addresses = (names: readonly HostName[], family: Family): string[] =>
  names.map((name) => hosts[name][family]);

const states = (findings: Findings): Record<string, string> =>
  Object.fromEntries([...findings].map(([key, { state }]) => [key, state]));

function scanArguments(
  technique: string,
  ofPorts: readonly number[],
  targets: readonly string[],
): string[] {
  return [
    technique,
    '-p',
    ofPorts.join(','),
    '--max-rate',
    '500',
    '--max-retries',
    '1',
    ...targets,
  ];
}

describeInNamespaces('a scan of hosts that answer in every way', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await buildLab();
  });
  afterAll(() => {
    lab.remove();
  });

  for (const family of ['v4', 'v6'] as const) {
    test(`SYN, IP${family}: a route of type prohibit is filtered, admin-prohibited`, async () => {
      const targets = addresses(rationed, family);
      const found = await scanFindings(lab.scanner, scanArguments('-sS', fewPorts, targets));
      expect(found).toEqual(truthOf(rationed, family, fewPorts));
      const theirs = await nmapFindings(lab.scanner, '-sS', family, fewPorts, targets);
      expect(states(found)).toEqual(states(theirs));
    });

    test(`SYN, IP${family}: states and reasons are what is there, states what nmap finds`, async () => {
      const targets = addresses(free, family);
      const [found, theirs] = await Promise.all([
        scanFindings(lab.scanner, scanArguments('-sS', ports, targets)),
        nmapFindings(lab.scanner, '-sS', family, ports, targets),
      ]);
      expect(found).toEqual(truthOf(free, family, ports));
      expect(states(found)).toEqual(states(theirs));
    });

    test(`SYN by pcap, IP${family}: states and reasons are what is there`, async () => {
      const [rationedFound, freeFound] = await Promise.all(
        (
          [
            [fewPorts, rationed],
            [ports, free],
          ] as const
        ).map(([ofPorts, names]) =>
          scanFindings(lab.scanner, [
            ...['--backend', 'pcap'],
            ...scanArguments('-sS', ofPorts, addresses(names, family)),
          ]),
        ),
      );
      expect(rationedFound).toEqual(truthOf(rationed, family, fewPorts));
      expect(freeFound).toEqual(truthOf(free, family, ports));
    });

    // What the kernel makes of ICMP errors during connect() is its own affair: nmap is the measure there. But for
    // one: it keeps ICMPv6 port unreachable back until its own time-out, and nmap sees it by chance.
    test(`connect, IP${family}: states are what nmap finds`, async () => {
      const names = [...free, ...rationed].filter(
        (name) => family === 'v4' || name !== 'rejecting',
      );
      const targets = addresses(names, family);
      const [found, theirs] = await Promise.all([
        scanFindings(lab.scanner, scanArguments('-sT', ports, targets)),
        nmapFindings(lab.scanner, '-sT', family, ports, targets),
      ]);
      expect(states(found)).toEqual(states(theirs));
      const certain = ['router', 'server', 'resetting', 'silent'] as const;
      expect(states(found)).toMatchObject(states(truthOf(certain, family, ports)));
    });
  }
});
