// What a scan says about its targets as a whole: too few of them, too slow, or open everywhere.

import type { EngineCounters, ScanEngine } from '../engines/scan-engine.js';
import type { HostSettings } from './host-options.js';

/** A target that answers "open" for every port. */
export interface TarpitNotice {
  readonly address: string;
  /** Its open ports and its probed ones when it was found out. */
  readonly open: number;
  readonly probed: number;
}

/** Code and text of a warning. */
export type HostWarning = readonly [code: string, message: string];

/** Tarpits that are named; more of them are only counted. */
const MOST_NAMED = 100;

/** Looks at an engine now and then. */
export class HostWatch {
  readonly #hosts: HostSettings;
  #named = 0;
  #hasToldOfTimeouts = false;

  constructor(hosts: HostSettings) {
    this.#hosts = hosts;
  }

  /** Before anything is sent. */
  begin(addresses: number): HostWarning[] {
    const { min } = this.#hosts;
    if (addresses >= min) return [];
    const message = `fewer targets (${addresses}) than minHostgroup (${min}): no more can be under way at once`;
    return [['below-min-hostgroup', message]];
  }

  /** What is new since the last look. */
  look(engine: ScanEngine, { hosts }: EngineCounters): HostWarning[] {
    const warnings: HostWarning[] = [];
    for (const tarpit of engine.takeTarpits?.() ?? []) {
      this.#named += 1;
      if (this.#named <= MOST_NAMED) warnings.push(['tarpit', this.#describe(tarpit)]);
    }
    if (hosts.timedOut > 0 && !this.#hasToldOfTimeouts) {
      this.#hasToldOfTimeouts = true;
      const message = `a target took longer than hostTimeoutMs (${this.#hosts.timeoutMs}): its remaining ports are unknown; statistics.hostTimeouts counts such targets`;
      warnings.push(['host-timeout', message]);
    }
    return warnings;
  }

  #describe({ address, open, probed }: TarpitNotice): string {
    const isLast = this.#named === MOST_NAMED;
    const fate = this.#hosts.tarpit.isSkipped ? '; its remaining ports are left alone' : '';
    const more = isLast ? '; further ones are only counted (statistics.tarpits)' : '';
    return `${address} answers for nearly every port, as a tarpit or a middlebox does: ${open} of ${probed} probed are open${fate}${more}`;
  }
}
