// How far a scan has come for whoever reads its results: the place to go on from when the process ends now.

import type { ResultQueue } from './result-queue.js';
import type { ResumePoint } from './resume-point.js';

/** Results up to the `pushed`-th hold everything that is settled at `point`. */
interface Mark {
  pushed: number;
  point: ResumePoint;
}

/**
 * Follows an engine's position at a distance: a position counts when every result before it has been read, and its
 * reader has come back for more. Marks are as many as results wait, at most.
 */
export class DeliveredPosition {
  readonly #queue: ResultQueue;
  readonly #marks: Mark[] = [];
  #point: ResumePoint;
  #seen: ResumePoint;

  /** @param start - where the scan begins */
  constructor(queue: ResultQueue, start: ResumePoint) {
    this.#queue = queue;
    this.#point = start;
    this.#seen = start;
  }

  /** Everything that is settled there is with its reader. */
  get point(): ResumePoint {
    const { finished } = this.#queue;
    const reached = this.#marks.filter(({ pushed }) => pushed <= finished);
    this.#point = this.#marks.splice(0, reached.length).at(-1)?.point ?? this.#point;
    return this.#point;
  }

  /**
   * The engine stood at `point`, and then gave all the results it had. What was on its way to them at that moment is
   * there a look later: until then the position does not count.
   */
  look(point: ResumePoint, isOver: boolean): void {
    // Before there is a reader nothing is kept for it but results.
    if (this.#queue.isRead) this.#mark(isOver ? point : this.#seen);
    this.#seen = point;
  }

  #mark(point: ResumePoint): void {
    const { pushed } = this.#queue;
    const last = this.#marks.at(-1);
    if (last?.pushed === pushed) last.point = point;
    else if (isFurther(point, this.point)) this.#marks.push({ pushed, point });
  }
}

/** With a hostgroup targets go on while the first of them does not. */
function isFurther(point: ResumePoint, before: ResumePoint): boolean {
  return point.position > before.position || point.hosts !== undefined;
}
