// Single keys from the terminal, which is put back as it was however the process ends.

import type { ReadStream } from 'node:tty';
import { isInForeground } from './foreground.js';

/** What the terminal would make of these keys if it were not told to hand every key on: signals for the whole job. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  '\u0003': 'SIGINT', // Ctrl-C
  '\u001a': 'SIGTSTP', // Ctrl-Z
  '\u001c': 'SIGQUIT', // Ctrl-\
};

/** Reads keys while this process is in the foreground of its terminal. */
export class Keyboard {
  readonly #terminal: ReadStream;
  readonly #onKey: (key: string) => void;
  readonly #listeners: readonly (readonly [NodeJS.Signals | 'exit', () => void])[];
  #isRaw = false;

  /** @param terminal - standard input, a terminal */
  constructor(terminal: ReadStream, onKey: (key: string) => void) {
    this.#terminal = terminal;
    this.#onKey = onKey;
    this.#listeners = [
      ['exit', this.#leave],
      ['SIGTSTP', this.#suspend],
      ['SIGCONT', this.#enter],
      ['SIGQUIT', this.#die],
    ];
    for (const [event, listener] of this.#listeners) process.on(event, listener);
    this.#enter();
  }

  /** False in the background. */
  get isReading(): boolean {
    return this.#isRaw;
  }

  /** Reads no longer. */
  dispose(): void {
    for (const [event, listener] of this.#listeners) process.off(event, listener);
    this.#leave();
  }

  readonly #enter = (): void => {
    if (this.#isRaw || !isInForeground()) return;
    this.#isRaw = true;
    this.#terminal.setRawMode(true);
    this.#terminal.on('data', this.#read);
    this.#terminal.resume();
    this.#terminal.unref(); // a scan that is over does not wait for a key
  };

  readonly #leave = (): void => {
    if (!this.#isRaw) return;
    this.#isRaw = false;
    this.#terminal.off('data', this.#read);
    this.#terminal.pause();
    try {
      this.#terminal.setRawMode(false);
    } catch {
      // The terminal has gone.
    }
  };

  readonly #read = (data: Buffer): void => {
    for (const key of data.toString()) {
      const signal = SIGNALS[key];
      if (signal === undefined) this.#onKey(key);
      else signalJob(signal);
    }
  };

  /** Stops as the default action would, and goes on at SIGCONT. */
  readonly #suspend = (): void => {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  /** Ends as the default action would, which leaves the terminal as it is. */
  readonly #die = (): void => {
    this.dispose();
    process.kill(process.pid, 'SIGQUIT');
  };
}

/** Sent to every process of the job, as the terminal does: whoever reads our output is meant too. */
function signalJob(signal: NodeJS.Signals): void {
  process.kill(process.platform === 'win32' ? process.pid : 0, signal);
}
