// The pairs of a pipeline in their order, and which of them are settled.

import { TaskList, type Endpoint } from '../engines/task-list.js';
import { TaskOrder } from '../engines/task-order.js';
import type { PipelinePlan } from './pipeline-plan.js';

/** One pair, at its place in the order. */
export interface Pair extends Endpoint {
  readonly position: number;
}

/** Gives every pair of a plan once, first those a resumed pipeline had begun, in the order of the seed. */
export class PairOrder implements Iterable<Pair> {
  readonly #plan: PipelinePlan;
  readonly #tasks: TaskList;
  readonly #order: TaskOrder;
  /** Begun and not settled. */
  readonly #pending: Set<number>;
  #next: number;

  constructor(plan: PipelinePlan) {
    this.#plan = plan;
    this.#tasks = new TaskList(plan.ranges, plan.ports);
    this.#order = new TaskOrder(this.#tasks.size, plan.seed);
    this.#pending = new Set(plan.pending);
    this.#next = plan.nextPosition;
  }

  *[Symbol.iterator](): Generator<Pair, undefined> {
    for (const position of this.#plan.pending) yield this.#at(position);
    while (this.#next < this.#plan.endPosition) {
      const position = this.#next++;
      this.#pending.add(position);
      yield this.#at(position);
    }
  }

  /** Its result has been handed over, or was not wanted. */
  settle(position: number): void {
    this.#pending.delete(position);
  }

  /** Where the order stands. */
  get place(): { readonly next: number; readonly pending: readonly number[] } {
    return { next: this.#next, pending: [...this.#pending].sort((a, b) => a - b) };
  }

  /** Pairs with a result, those of earlier runs included. */
  get settled(): number {
    return this.#next - this.#plan.firstPosition - this.#pending.size;
  }

  #at(position: number): Pair {
    return { ...this.#tasks.at(this.#order.at(position)), position };
  }
}
