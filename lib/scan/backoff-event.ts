// What a scan tells of targets that ask for less.

/** A target is backed off, or all that is left of the scan is. */
export type BackoffEvent = TargetBackoff | AllBackedOff;

/** Nothing is sent to `target` for a while. */
export interface TargetBackoff {
  /** An address; a network (`10.0.0.0/24`) when several of its addresses complained. */
  readonly target: string;
  /** 1 to 4; each doubles the silence. */
  readonly level: number;
  /** From the complaint on. */
  readonly remainingMs: number;
  readonly all?: undefined;
}

/** Every pair that is left waits for the end of a silence: for the moment nothing is sent. */
export interface AllBackedOff {
  readonly all: true;
}
