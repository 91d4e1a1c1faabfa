// The plan of a fleet: proposed by who comes first, and checked by who joins.

import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { PacegateError } from '../../internal/errors.js';
import type { ScanField } from '../scan-plan.js';
import { planHash } from '../state.js';
import type { FleetSettings } from './fleet-options.js';
import type { FleetPlan } from './store/fleet-store.js';

/** What a shard should last at the whole rate: next to that, awaiting the last answers is little. */
const SHARD_SECONDS = 10;
const FEWEST = 8;
const MOST = 256;

type Technique = 'syn' | 'connect';

/** The plan as this member would have it. */
export function proposePlan(
  { scan, asked }: FleetSettings,
  field: ScanField,
  technique: Technique,
): FleetPlan {
  const { ports, maxRate } = scan;
  const pairs = field.addresses * ports.length;
  const seed = scan.seed ?? randomInt(2 ** 48 - 1);
  const usual = Math.ceil(pairs / (maxRate * SHARD_SECONDS));
  const shards = asked.shards ?? Math.min(Math.max(usual, FEWEST), MOST);
  return {
    version: 1,
    planHash: hashOf(scan, field, { technique, seed }),
    technique,
    seed,
    shards: Math.min(shards, pairs),
    pairs,
    maxRate,
    ...(asked.caps === undefined ? {} : { caps: asked.caps }),
  };
}

/**
 * Whether the plan that is there is the one that this member was asked to scan.
 *
 * @param technique - the one that is possible here
 * @throws PacegateError (`ERR_PACEGATE_SHARED_STATE`) naming what differs
 */
export function checkPlan(
  plan: FleetPlan,
  { scan, asked }: FleetSettings,
  field: ScanField,
  technique: Technique,
): void {
  const version: number = plan.version;
  if (version !== 1) throw differs('is of another version of pacegate');
  // Who may send raw packets may open connections too.
  if (plan.technique !== technique && (scan.technique !== 'auto' || technique === 'connect')) {
    throw differs(`is a ${plan.technique} scan; this member's is a ${technique} scan`);
  }
  for (const name of ['seed', 'maxRate', 'shards'] as const) {
    const wanted = name === 'shards' ? atMost(asked.shards, plan.pairs) : asked[name];
    if (wanted === undefined || wanted === plan[name]) continue;
    throw differs(`has the ${name} ${plan[name]}; this member asks for ${wanted}`);
  }
  if (asked.caps !== undefined && !isDeepStrictEqual(asked.caps, plan.caps)) {
    throw differs(
      `has other caps for targets or networks (${JSON.stringify(plan.caps ?? 'none')})`,
    );
  }
  if (plan.planHash === hashOf(scan, field, plan)) return;
  throw differs(
    'has other addresses, ports or excludes (names may have other addresses here), or a hostgroup where this one has none',
  );
}

function atMost(value: number | undefined, most: number): number | undefined {
  return value === undefined ? undefined : Math.min(value, most);
}

function hashOf(
  { ports, hosts }: FleetSettings['scan'],
  { ranges }: ScanField,
  { technique, seed }: Pick<FleetPlan, 'technique' | 'seed'>,
): string {
  return planHash({
    ...{ technique, seed, ranges, ports, shard: undefined },
    hasHostgroup: hosts.max > 0,
  });
}

function differs(how: string): PacegateError {
  return new PacegateError('ERR_PACEGATE_SHARED_STATE', `the plan in the store ${how}`);
}
