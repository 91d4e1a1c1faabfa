// The place in the hostgroup that a task needs before it may begin.

import type { AlarmClock } from '../../../internal/system-timer.js';
import type { HostgroupLimiter } from '../../../limiters/hostgroup-limiter.js';
import type { TargetPermit } from '../../../limiters/hostgroup/target-permit.js';
import { PermitLine } from './permit-line.js';

/** A target that is worked on. */
interface HeldTarget {
  readonly permit: TargetPermit;
  /** Tasks that work on it. */
  users: number;
}

/** Ends a task's use of what it was given; to be called once. */
export type Release = () => void;

/** Places in a hostgroup: all tasks of one target share one permit, which goes back when the last of them has ended. */
export class TargetPlaces {
  readonly #held = new Map<string, HeldTarget>();
  readonly #line: PermitLine<Release>;

  constructor(hostgroup: HostgroupLimiter, alarms: AlarmClock) {
    const source = {
      ask: async (target: string, signal: AbortSignal) => {
        this.#hold(target, await hostgroup.acquireTarget(target, { signal }));
        return undefined;
      },
      giveBack: (release: Release) => {
        release();
      },
      isMoving: () => this.#held.size > 0,
    };
    this.#line = new PermitLine(source, alarms);
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** As {@link PermitLine.join}. */
  acquire(
    target: string,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Release | undefined> | Release {
    const held = this.#held.get(target);
    if (held !== undefined) return this.#use(target, held);
    return this.#line.join(target, patienceMs, signal);
  }

  /** The permit is for all who wait for this target; they may all have left. */
  #hold(target: string, permit: TargetPermit): void {
    const held = { permit, users: 1 };
    this.#held.set(target, held);
    this.#line.serve(target, () => this.#use(target, held));
    this.#leave(target, held);
  }

  #use(target: string, held: HeldTarget): Release {
    held.users += 1;
    return () => {
      this.#leave(target, held);
    };
  }

  #leave(target: string, held: HeldTarget): void {
    held.users -= 1;
    if (held.users > 0) return;
    this.#held.delete(target);
    held.permit.release();
  }
}
