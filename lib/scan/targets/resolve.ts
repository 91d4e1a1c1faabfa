// Host names to addresses, and the addresses this host must not probe because they are broadcasts of its own networks.

import { promises as dns } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { unknownHost } from '../scan-errors.js';
import { parseAddress, type Address } from './address.js';
import { networkRange, normalizeRanges, type AddressRange } from './address-range.js';
import type { ParsedTarget } from './parse-target.js';
import type { TargetAddresses } from './target-policy.js';

/** Finds the addresses of a name; the order decides which one is taken. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** Names asked for at once: the resolver has four threads, and a long list should not queue behind itself. */
const LOOKUPS_AT_ONCE = 16;

/** Asks the system's resolver, hosts file included. */
export const systemLookup: Lookup = async (name) => {
  const found = await dns.lookup(name, { all: true, verbatim: true });
  return found.map((entry) => entry.address);
};

/**
 * Gives every target its addresses. A name stands for its first IPv4 address, or its first IPv6 address where it has
 * no other.
 *
 * @throws PacegateError (`ERR_PACEGATE_UNKNOWN_HOST`) for the first name that has no address
 */
export async function resolveTargets(
  targets: readonly ParsedTarget[],
  lookup: Lookup,
): Promise<TargetAddresses[]> {
  const resolved: TargetAddresses[] = [];
  for (let i = 0; i < targets.length; i += LOOKUPS_AT_ONCE) {
    const chunk = targets.slice(i, i + LOOKUPS_AT_ONCE);
    resolved.push(...(await Promise.all(chunk.map((target) => resolveTarget(target, lookup)))));
  }
  return resolved;
}

async function resolveTarget(target: ParsedTarget, lookup: Lookup): Promise<TargetAddresses> {
  if (target.kind === 'ranges') return target;
  const address = await resolveName(target.name, lookup);
  return {
    text: target.text,
    ranges: [networkRange(address, address.family === 4 ? 32 : 128)],
  };
}

/** @throws PacegateError (`ERR_PACEGATE_UNKNOWN_HOST`) */
export async function resolveName(name: string, lookup: Lookup): Promise<Address> {
  let found: readonly string[];
  try {
    found = await lookup(name);
  } catch (error) {
    throw unknownHost(name, error);
  }
  const addresses = found.map(parseAddress).filter((address) => address !== undefined);
  const chosen = addresses.find((address) => address.family === 4) ?? addresses[0];
  if (chosen === undefined) throw unknownHost(name);
  return chosen;
}

/** The directed broadcast address of every IPv4 network this host has an interface in (not of /31 and /32). */
export function localBroadcasts(interfaces = networkInterfaces()): AddressRange[] {
  const broadcasts = Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .map((entry) => entry.cidr)
    .flatMap((cidr) => {
      const [text = '', length = '32'] = cidr?.split('/') ?? [];
      const address = parseAddress(text);
      if (address?.family !== 4 || Number(length) > 30) return [];
      const { last } = networkRange(address, Number(length));
      return [{ family: 4 as const, first: last, last }];
    });
  return normalizeRanges(broadcasts);
}
