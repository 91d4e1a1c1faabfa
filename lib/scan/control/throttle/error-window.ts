import { CallWindow } from '../../../limiters/breaker/call-window.js';

/** The share of failures among recent outcomes. */
export class ErrorWindow {
  readonly #window: CallWindow;
  readonly #minimumOutcomes: number;

  constructor(windowMs: number, minimumOutcomes: number) {
    this.#window = new CallWindow(windowMs);
    this.#minimumOutcomes = minimumOutcomes;
  }

  add(isFailure: boolean, nowNs: number): void {
    this.#window.add(isFailure, nowNs);
  }

  /** Forgets all: what was done about failures must show before they count again. */
  clear(): void {
    this.#window.clear();
  }

  /** 0 to 100; undefined while there are too few outcomes. */
  percent(nowNs: number): number | undefined {
    const { calls, failures } = this.#window.counts(nowNs);
    return calls < this.#minimumOutcomes ? undefined : (failures / calls) * 100;
  }
}
