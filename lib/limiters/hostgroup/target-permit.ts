/** The right to work on one target; ends when it is released, or its block does (`using`). */
export interface TargetPermit {
  /** The target it was taken for. */
  readonly target?: string;
  /** Gives the place to the next in line. Once: later calls do nothing. */
  release(): void;
  /** The same. */
  [Symbol.dispose](): void;
}

/** Called when a place is free again. @param isDropped - nobody released it: its permit was garbage */
export type PermitEnd = (isDropped: boolean) => void;

/** A place that a permit holds. Outlives the permit, so it must not know it. */
interface Place {
  end: PermitEnd | undefined;
}

/** Frees the places of permits that were dropped without being released. */
const dropped = new FinalizationRegistry<Place>((place) => {
  leave(place, true);
});

function leave(place: Place, isDropped: boolean): void {
  const { end } = place;
  place.end = undefined;
  end?.(isDropped);
}

class HeldPermit implements TargetPermit {
  declare readonly target?: string;
  readonly #place: Place;

  constructor(target: string | undefined, end: PermitEnd) {
    if (target !== undefined) this.target = target;
    this.#place = { end };
    dropped.register(this, this.#place, this.#place);
  }

  release(): void {
    if (this.#place.end === undefined) return;
    dropped.unregister(this.#place);
    leave(this.#place, false);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** @param end - called exactly once, by a release or when the permit is collected */
export function makePermit(target: string | undefined, end: PermitEnd): TargetPermit {
  return new HeldPermit(target, end);
}
