// Where a scan stands: by its engine while there is one, and for a later scan to go on from.

import type { ScanEngine } from './engines/scan-engine.js';
import { floorOf, type HostProgress } from './hosts/host-progress.js';
import type { ScanPlan } from './scan-plan.js';
import type { ScanState } from './state.js';

/** Everything before `position` is settled; with a hostgroup `hosts` says more. */
export interface ResumePoint {
  readonly position: number;
  readonly hosts?: HostProgress;
}

/** Where the plan begins, or where its engine stands now. */
export function resumePoint(plan: ScanPlan, engine: ScanEngine | undefined): ResumePoint {
  const { startPosition, endPosition, hosts, hostProgress, ports } = plan;
  if (hosts.max === 0) return { position: engine?.counters().resumePosition ?? startPosition };
  const progress = engine?.hostProgress?.() ?? hostProgress;
  const slice = { first: startPosition, end: endPosition };
  return { position: floorOf(progress, { slice, ports: ports.length }), hosts: progress };
}

/** The state of a scan that stands there. */
export function stateAt(plan: ScanPlan, { position, hosts }: ResumePoint): ScanState {
  const { technique, seed, planHash } = plan;
  const state = { version: 1, technique, seed, position, planHash } as const;
  // One number: all that were begun are finished, and the position says it.
  return hosts === undefined || hosts.length <= 1 ? state : { ...state, hosts: Array.from(hosts) };
}
