/** An entry of a {@link LinkedList}; in at most one at a time. The links belong to the list. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** A queue from which any entry can be taken in constant time (a Set is slow to find its first after many removals). */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: T): void {
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size++;
  }

  /** @param entry - one of this list */
  remove(entry: T): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
    this.#size--;
  }

  /** From first to last; the entry that was given last may be removed meanwhile, others must not. */
  *[Symbol.iterator](): Iterator<T> {
    for (let entry = this.#first; entry !== undefined;) {
      const following: T | undefined = entry.next;
      yield entry;
      entry = following;
    }
  }
}
