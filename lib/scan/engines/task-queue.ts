// The pairs of a connect scan on their way: new, to be repeated, under way, settled.

import type { AddressRange } from '../targets/address-range.js';
import { TaskList, type Endpoint } from './task-list.js';
import { TaskOrder } from './task-order.js';

/** One pair on its way to a result. */
export interface Task extends Endpoint {
  readonly position: number;
  /** Attempts that timed out. */
  timeouts: number;
  /** Attempts this host could not make. */
  refusals: number;
}

/** What a queue is made from. */
export interface TaskPlan {
  readonly ranges: readonly AddressRange[];
  readonly ports: Uint16Array;
  readonly seed: number;
  readonly startPosition: number;
  /** One past the last position that is handed out. */
  readonly endPosition: number;
}

/** Hands out every pair from `startPosition` to `endPosition` once, in the seed's order, and again those that are to be repeated. */
export class TaskQueue {
  readonly #tasks: TaskList;
  readonly #order: TaskOrder;
  readonly #repeats: Task[] = [];
  /** Positions begun and not settled; a Set keeps insertion order, which is theirs, so its first is the lowest. */
  readonly #unsettled = new Set<number>();
  readonly #end: number;
  #next: number;

  constructor({ ranges, ports, seed, startPosition, endPosition }: TaskPlan) {
    this.#tasks = new TaskList(ranges, ports);
    this.#order = new TaskOrder(this.#tasks.size, seed);
    this.#next = startPosition;
    this.#end = endPosition;
  }

  /** Whether pairs are left that were never handed out. */
  get hasNew(): boolean {
    return this.#next < this.#end;
  }

  /** Whether `take` would give one now. */
  get hasReady(): boolean {
    return this.#repeats.length > 0 || this.hasNew;
  }

  get isComplete(): boolean {
    return !this.hasNew && this.#unsettled.size === 0;
  }

  /** Everything before this position is settled. */
  get resumePosition(): number {
    const [lowest = this.#next] = this.#unsettled;
    return lowest;
  }

  /** The next pair, those to be repeated first: that bounds how many are on their way. */
  take(): Task | undefined {
    return this.#repeats.shift() ?? (this.hasNew ? this.#takeNew() : undefined);
  }

  /** Puts a pair back, behind those that wait already. */
  repeat(task: Task): void {
    this.#repeats.push(task);
  }

  /** The pair has its result. */
  settle(task: Task): void {
    this.#unsettled.delete(task.position);
  }

  #takeNew(): Task {
    const position = this.#next++;
    this.#unsettled.add(position);
    const endpoint = this.#tasks.at(this.#order.at(position));
    return { ...endpoint, position, timeouts: 0, refusals: 0 };
  }
}
