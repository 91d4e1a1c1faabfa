// Results between the engine and whoever reads them: bounded when somebody reads, bounded when nobody does.

import { invalidState } from './scan-errors.js';
import type { ScanResult } from './result.js';

/** Results kept for a reader that may still come; more than these, and all are given up. */
const MAX_UNREAD = 65_536;
/** With a reader, no more is taken from the engine while this many wait. */
const HIGH_WATER = 4096;

/** Whoever asks for results one after the other. */
type Reader = object;

interface Waiter {
  readonly reader: Reader;
  readonly resolve: (result: IteratorResult<ScanResult, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One producer, any number of readers; each result goes to one of them.
 *
 * Until the first reader comes, results are kept up to a bound and then given up, so that a scan of which only `done`
 * is awaited does not stand still. From then on nothing is given up: the producer looks at `isFull` and waits.
 */
export class ResultQueue {
  #items: ScanResult[] = [];
  #head = 0;
  readonly #waiters: Waiter[] = [];
  #mode: 'unread' | 'reading' | 'discarding' = 'unread';
  #discarded = 0;
  #pushed = 0;
  #taken = 0;
  /** The result that each reader is busy with. */
  readonly #busyWith = new Map<Reader, number>();
  #hasLost = false;
  #end: Error | 'clean' | undefined;

  /** True when a reader lags and the producer should wait. */
  get isFull(): boolean {
    return this.#mode === 'reading' && this.#items.length - this.#head >= HIGH_WATER;
  }

  /** True when somebody reads, or a reader has left before the end: what is not read then is lost to it. */
  get isRead(): boolean {
    return this.#mode === 'reading' || this.#hasLost;
  }

  /** True when a reader has left before the end. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** Results that came, whatever became of them. */
  get pushed(): number {
    return this.#pushed;
  }

  /** So many of them, the first ones, have been read by readers who then came back for more. */
  get finished(): number {
    return Math.min(this.#taken, ...this.#busyWith.values());
  }

  /** Results nobody was there to read. */
  get discarded(): number {
    return this.#discarded;
  }

  push(results: readonly ScanResult[]): void {
    this.#pushed += results.length;
    if (this.#mode === 'discarding') {
      this.#discarded += results.length;
      return;
    }
    for (const result of results) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#items.push(result);
      else waiter.resolve(this.#give(result, waiter.reader));
    }
    if (this.#mode === 'unread' && this.#items.length > MAX_UNREAD) this.#discard();
  }

  /** No more results come; readers end once they have read what is there. */
  end(): void {
    this.#end ??= 'clean';
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ value: undefined, done: true });
  }

  /** No more results come because of an error, which the first reader past the last result gets. */
  fail(error: Error): void {
    const reader = this.#waiters.shift();
    reader?.reject(error);
    this.#end ??= reader === undefined ? error : 'clean';
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ value: undefined, done: true });
  }

  /**
   * Announces a reader.
   *
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) when results have been given up already
   */
  read(): void {
    if (this.#discarded > 0) {
      throw invalidState(
        `${this.#discarded} results were given up because nobody read them: iterate over the scan before awaiting done`,
      );
    }
    this.#mode = 'reading';
  }

  /** @param reader - who asks: it is done with what it was given before */
  next(reader: Reader = this): Promise<IteratorResult<ScanResult, undefined>> {
    this.#busyWith.delete(reader);
    const value = this.#items[this.#head];
    if (value !== undefined) {
      this.#advance();
      return Promise.resolve(this.#give(value, reader));
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiters.push({ reader, resolve, reject }));
    }
    const end = this.#end;
    this.#end = 'clean';
    if (end === 'clean') return Promise.resolve({ value: undefined, done: true });
    return Promise.reject(end);
  }

  /**
   * One more reader.
   *
   * @param leave - what is to be awaited when it leaves before the end
   * @throws as read()
   */
  iterator(leave: () => Promise<void>): AsyncIterator<ScanResult, undefined> {
    this.read();
    const reader = {};
    return {
      next: () => this.next(reader),
      return: async () => {
        this.abandon();
        await leave();
        return { value: undefined, done: true };
      },
    };
  }

  /** The reader has gone: what waits and what still comes is given up. */
  abandon(): void {
    this.#items = [];
    this.#head = 0;
    this.#mode = 'discarding';
    this.#hasLost = true;
    this.end();
  }

  #give(value: ScanResult, reader: Reader): IteratorResult<ScanResult, undefined> {
    this.#busyWith.set(reader, this.#taken);
    this.#taken += 1;
    return { value, done: false };
  }

  #discard(): void {
    this.#discarded += this.#items.length;
    this.#items = [];
    this.#mode = 'discarding';
  }

  /** Moves on, and frees what has been read once it is the greater part. */
  #advance(): void {
    this.#head += 1;
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
