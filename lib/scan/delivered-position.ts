// How far a scan has come for whoever reads its results: the place to go on from when the process ends now.

import type { ResultQueue } from './result-queue.js';

/** Results up to the `pushed`-th hold everything before `position`. */
interface Mark {
  pushed: number;
  position: number;
}

/**
 * Follows an engine's position at a distance: a position counts when every result before it has been read, and its
 * reader has come back for more. Marks are as many as results wait, at most.
 */
export class DeliveredPosition {
  readonly #queue: ResultQueue;
  readonly #marks: Mark[] = [];
  #position: number;
  #seen: number;

  /** @param start - where the scan begins */
  constructor(queue: ResultQueue, start: number) {
    this.#queue = queue;
    this.#position = start;
    this.#seen = start;
  }

  /** Everything before this position is with its reader. */
  get position(): number {
    const { finished } = this.#queue;
    const reached = this.#marks.filter(({ pushed }) => pushed <= finished);
    this.#position = this.#marks.splice(0, reached.length).at(-1)?.position ?? this.#position;
    return this.#position;
  }

  /**
   * The engine stood at `position`, and then gave all the results it had. What was on its way to them at that moment is
   * there a look later: until then the position does not count.
   */
  look(position: number, isOver: boolean): void {
    // Before there is a reader nothing is kept for it but results.
    if (this.#queue.isRead) this.#mark(isOver ? position : this.#seen);
    this.#seen = position;
  }

  #mark(position: number): void {
    const { pushed } = this.#queue;
    const last = this.#marks.at(-1);
    if (last?.pushed === pushed) last.position = position;
    else if (position > this.position) this.#marks.push({ pushed, position });
  }
}
