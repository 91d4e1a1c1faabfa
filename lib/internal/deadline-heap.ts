/** Something that is due at a time; put into at most one {@link DeadlineHeap}. */
export interface Deadline {
  /** When, in nanoseconds of the clock in use. Not to be changed while in a heap. */
  readonly deadlineNs: bigint;
  /** Place in the heap, kept by the heap; -1: not in one. */
  heapIndex: number;
  /** Order of insertion, kept by the heap: of equal deadlines the older comes first. */
  heapOrder: number;
}

/** A binary min-heap by deadline, first in first out among equals, with removal of any entry in O(log n). */
export class DeadlineHeap<T extends Deadline> {
  readonly #entries: T[] = [];
  #inserted = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** The entry that is due first. */
  get first(): T | undefined {
    return this.#entries[0];
  }

  add(entry: T): void {
    entry.heapOrder = this.#inserted++;
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  /** Takes `entry` out; nothing happens when it is not in this heap. */
  remove(entry: T): void {
    const index = entry.heapIndex;
    if (this.#entries[index] !== entry) return;
    entry.heapIndex = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    // The last entry fills the gap; it may belong above or below it.
    this.#rise(last, index);
    if (last.heapIndex === index) this.#sink(last, index);
  }

  /** Takes out and returns the first entry when it is due at `nowNs`. */
  takeDue(nowNs: bigint): T | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.deadlineNs > nowNs) return undefined;
    this.remove(first);
    return first;
  }

  #rise(entry: T, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#entries[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #sink(entry: T, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#entries[2 * index + 1];
      const right = this.#entries[2 * index + 2];
      const child =
        left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(entry, index);
  }

  #place(entry: T, index: number): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  if (a.deadlineNs !== b.deadlineNs) return a.deadlineNs < b.deadlineNs;
  return a.heapOrder < b.heapOrder;
}
