// Ctrl-C, and other signals that ask a program to end: once ends the scan orderly, twice ends the process.

import { EXIT } from './failure.js';

/** Watches for the signals that ask a program to end. */
export class Interrupt {
  #exitCode: number | undefined;
  readonly #onFirst: () => void;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];

  /**
   * @param onFirst - called at the first signal
   * @param onSecond - called at the second one, after which the process exits at once; must not throw
   */
  constructor(onFirst: () => void, onSecond: () => void) {
    this.#onFirst = onFirst;
    const codes = [
      ['SIGINT', EXIT.interrupted],
      ['SIGTERM', EXIT.terminated],
      ['SIGHUP', EXIT.hungUp], // the terminal has gone, most often
    ] as const;
    this.#listeners = codes.map(([signal, exitCode]) => {
      const listener = (): void => {
        if (this.#exitCode !== undefined) {
          onSecond();
          process.exit(exitCode);
        }
        this.#end(exitCode);
      };
      process.on(signal, listener);
      return [signal, listener] as const;
    });
  }

  /** The exit code to end with; undefined when there was no signal. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Asks for an orderly end as the first Ctrl-C does; more of it changes nothing. */
  readonly request = (): void => {
    if (this.#exitCode === undefined) this.#end(EXIT.interrupted);
  };

  /** Watches no longer. */
  dispose(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #end(exitCode: number): void {
    this.#exitCode = exitCode;
    this.#onFirst();
  }
}
