import type { Alarm, AlarmClock } from '../../internal/system-timer.js';

/** The one alarm of a line, for whoever is served next. */
export class LineAlarm {
  readonly #alarms: AlarmClock;
  readonly #ring: () => void;
  readonly #fail: (fault: unknown) => void;
  #alarm: Alarm | undefined;
  #dueNs = 0n;

  constructor(alarms: AlarmClock, ring: () => void, fail: (fault: unknown) => void) {
    this.#alarms = alarms;
    this.#ring = ring;
    this.#fail = fail;
  }

  /** @param dueNs - undefined: nobody is to be served */
  set(dueNs: bigint | undefined): void {
    if (this.#alarm !== undefined && this.#dueNs === dueNs) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (dueNs === undefined) return;
    this.#dueNs = dueNs;
    this.#alarm = this.#alarms.set(
      dueNs,
      () => {
        this.#alarm = undefined;
        this.#ring();
      },
      (fault) => {
        this.#alarm = undefined;
        this.#fail(fault);
      },
    );
  }
}
