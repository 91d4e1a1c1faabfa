import { TimeSlot } from './time-slot.js';

/** The latest slots of one length; the oldest gives way to the newest. Slots nothing happened in take no memory. */
export class SlotRing {
  readonly slotMs: number;
  readonly size: number;
  readonly #slots: (TimeSlot | undefined)[];
  /** Number of the newest slot since the beginning. */
  #latest = 0;

  /** @param size - slots that are kept */
  constructor(slotMs: number, size: number) {
    this.slotMs = slotMs;
    this.size = size;
    this.#slots = Array.from({ length: size });
  }

  /** Number of the slot that `elapsedMs` falls into; a clock that went back stands still. */
  numberAt(elapsedMs: number): number {
    return Math.max(Math.floor(elapsedMs / this.slotMs), 0);
  }

  /** The slot of that time; the oldest there is for one that is no longer kept. */
  at(elapsedMs: number): TimeSlot {
    const number = Math.max(this.#advance(elapsedMs), this.#latest - this.size + 1);
    const slot = this.#slots[number % this.size] ?? new TimeSlot();
    this.#slots[number % this.size] = slot;
    return slot;
  }

  /** Slots `first` to `last` in the order of time; undefined where nothing happened, or nothing is kept. */
  between(first: number, last: number, elapsedMs: number): (TimeSlot | undefined)[] {
    this.#advance(elapsedMs);
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const number = first + i;
      const isKept = number > this.#latest - this.size && number <= this.#latest;
      return isKept ? this.#slots[number % this.size] : undefined;
    });
  }

  /** Empties what has become too old. @returns the number of the slot of that time */
  #advance(elapsedMs: number): number {
    const number = this.numberAt(elapsedMs);
    if (number - this.#latest >= this.size) this.#slots.fill(undefined);
    else
      for (let next = this.#latest + 1; next <= number; next++) {
        this.#slots[next % this.size] = undefined;
      }
    this.#latest = Math.max(this.#latest, number);
    return number;
  }
}
