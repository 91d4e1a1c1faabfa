import { LinkedList } from '../../internal/linked-list.js';
import type { Waiter } from './waiter.js';

/** Those of one priority, in order of arrival. */
interface Rank {
  readonly priority: number;
  readonly waiters: LinkedList<Waiter>;
  /** The sum of their gaps. */
  spanNs: bigint;
}

/**
 * Waiters, higher priority first, first come first within it. With r priorities in use: adding and removing O(log r),
 * O(r) when a priority comes or goes; the first O(1).
 */
export class WaiterQueue {
  /** The highest priority first; none is empty. */
  readonly #ranks: Rank[] = [];
  #size = 0;
  #cost = 0;

  get size(): number {
    return this.#size;
  }

  /** What all together wait for. */
  get cost(): number {
    return this.#size === 0 ? 0 : this.#cost;
  }

  get first(): Waiter | undefined {
    return this.#ranks[0]?.waiters.first;
  }

  /** Behind all of its priority. Its `gapNs` must not change while it is here. */
  add(waiter: Waiter): void {
    const index = this.#rankIndex(waiter.priority);
    let rank = this.#ranks[index];
    if (rank?.priority !== waiter.priority) {
      rank = { priority: waiter.priority, waiters: new LinkedList(), spanNs: 0n };
      this.#ranks.splice(index, 0, rank);
    }
    rank.waiters.push(waiter);
    rank.spanNs += waiter.gapNs;
    this.#cost = this.cost + waiter.cost;
    this.#size++;
  }

  /** @param waiter - one of this queue */
  remove(waiter: Waiter): void {
    const index = this.#rankIndex(waiter.priority);
    const rank = this.#ranks[index];
    if (rank === undefined) return;
    rank.waiters.remove(waiter);
    rank.spanNs -= waiter.gapNs;
    this.#size--;
    this.#cost -= waiter.cost;
    if (rank.waiters.size === 0) this.#ranks.splice(index, 1);
  }

  /** As {@link remove}; those behind stay where they are. @param waiter - one of this queue */
  removeAlone(waiter: Waiter): void {
    const following = this.after(waiter);
    this.remove(waiter);
    if (following === undefined) return;
    following.gapNs += waiter.gapNs;
    const rank = this.#ranks[this.#rankIndex(following.priority)];
    if (rank !== undefined) rank.spanNs += waiter.gapNs;
  }

  /** Who comes after `waiter`, one of this queue. */
  after(waiter: Waiter): Waiter | undefined {
    if (waiter.next !== undefined) return waiter.next;
    return this.#ranks[this.#rankIndex(waiter.priority) + 1]?.waiters.first;
  }

  /** Whether somebody is here who comes before a newcomer of `priority`. */
  hasAheadOf(priority: number): boolean {
    const highest = this.#ranks[0];
    return highest !== undefined && highest.priority >= priority;
  }

  /** Whether somebody is here who comes after a newcomer of `priority`. */
  hasBehind(priority: number): boolean {
    const lowest = this.#ranks.at(-1);
    return lowest !== undefined && lowest.priority < priority;
  }

  /** The sum of the gaps of those who come before a newcomer of `priority`; -Infinity: of all. */
  spanNs(priority = -Infinity): bigint {
    let sum = 0n;
    for (const rank of this.#ranks) {
      if (rank.priority < priority) break;
      sum += rank.spanNs;
    }
    return sum;
  }

  /** In order; whoever was given last may be removed meanwhile, others must not. */
  *[Symbol.iterator](): Iterator<Waiter> {
    for (let waiter = this.first; waiter !== undefined;) {
      const following = this.after(waiter);
      yield waiter;
      waiter = following;
    }
  }

  /** Where the rank of `priority` is, or would be. */
  #rankIndex(priority: number): number {
    let low = 0;
    let high = this.#ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranks[middle]?.priority ?? -Infinity) > priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
