// Work pulled from a source, done some at a time, and handed over as it is finished.

import { onAbort } from '../../internal/abort-listeners.js';

/** What a stream is made of. */
export interface StreamWork<In, Out> {
  /** Does one piece; undefined: nothing is to be handed over for it. */
  run(item: In, signal: AbortSignal): Promise<Out | undefined>;
  /** Most pieces in memory now: under way, and finished but not handed over. */
  room(): number;
}

interface Reader<Out> {
  readonly resolve: (result: IteratorResult<Out, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Pulls as much as there is room for, from the first `next()` on, and gives what is finished in the order in which it
 * is. A consumer who is slow holds the source up; one who breaks off ends it, and what is under way.
 *
 * After an error (of the source, of a piece, an aborted signal) nothing more is pulled; what is under way is handed over
 * before the error is thrown, except after an abort, which ends that too.
 */
export class CompletionStream<In, Out> implements AsyncIterableIterator<Out, undefined> {
  readonly #source: Iterator<In> | AsyncIterator<In>;
  readonly #isAsync: boolean;
  readonly #work: StreamWork<In, Out>;
  readonly #signal: AbortSignal | undefined;
  /** Ends what is under way. */
  readonly #ender = new AbortController();
  readonly #finished: Out[] = [];
  readonly #readers: Reader<Out>[] = [];
  readonly #leaving: (() => void)[] = [];
  #forgetSignal: (() => void) | undefined;
  #underWay = 0;
  #isPulling = false;
  /** Nothing more is pulled. */
  #isDry = false;
  /** The consumer broke off: nothing is handed over any more. */
  #isLeft = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    source: Iterable<In> | AsyncIterable<In>,
    work: StreamWork<In, Out>,
    signal: AbortSignal | undefined,
  ) {
    this.#isAsync = Symbol.asyncIterator in source;
    this.#source =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#work = work;
    this.#signal = signal;
  }

  /** Itself: there is one stream, which several loops share. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Out, undefined>> {
    this.#heed();
    const value = this.#finished.shift();
    if (value !== undefined) {
      this.#fill();
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#fill();
      this.#settle();
    });
  }

  /** Ends the stream; resolves when nothing of it is under way any more. */
  async return(): Promise<IteratorResult<Out, undefined>> {
    this.#isLeft = true;
    this.#stop();
    this.#finished.length = 0;
    this.#failure = undefined;
    this.#ender.abort(new Error('nobody waits for this any more'));
    this.#settle();
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#leaving.push(resolve));
    return { value: undefined, done: true };
  }

  /** Listens to the signal from the first `next()` until the end. */
  #heed(): void {
    const signal = this.#signal;
    if (signal === undefined || this.#forgetSignal !== undefined || this.#isDry) return;
    const abort = (): void => {
      this.#fail(signal.reason);
      this.#ender.abort(signal.reason);
    };
    if (signal.aborted) abort();
    else this.#forgetSignal = onAbort(signal, abort);
  }

  #fill(): void {
    while (!this.#isDry && !this.#isPulling && this.#inMemory < this.#work.room()) this.#pull();
  }

  get #inMemory(): number {
    return this.#underWay + this.#finished.length;
  }

  #pull(): void {
    this.#isPulling = true;
    try {
      const pulled = this.#source.next();
      if (this.#isAsync) Promise.resolve(pulled).then(this.#takeLate, this.#fault);
      else this.#take(pulled as IteratorResult<In>);
    } catch (error) {
      this.#fault(error);
    }
  }

  #take(pulled: IteratorResult<In>): void {
    this.#isPulling = false;
    if (pulled.done === true) this.#isDry = true;
    else if (!this.#isDry) this.#start(pulled.value);
  }

  readonly #takeLate = (pulled: IteratorResult<In>): void => {
    this.#take(pulled);
    this.#fill();
    this.#settle();
  };

  /** The source is broken. */
  readonly #fault = (error: unknown): void => {
    this.#isPulling = false;
    this.#isDry = true;
    this.#fail(error);
  };

  #start(item: In): void {
    this.#underWay += 1;
    this.#work.run(item, this.#ender.signal).then(
      (out) => {
        this.#underWay -= 1;
        if (out !== undefined && !this.#isLeft) this.#handOver(out);
        this.#fill();
        this.#settle();
      },
      (error: unknown) => {
        this.#underWay -= 1;
        this.#fail(error);
      },
    );
  }

  #handOver(out: Out): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#finished.push(out);
    else reader.resolve({ value: out, done: false });
  }

  #fail(error: unknown): void {
    if (!this.#isLeft) this.#failure ??= { error };
    this.#stop();
    this.#settle();
  }

  /** Pulls no more, and lets the source go; what it throws then is nobody's any more. */
  #stop(): void {
    if (this.#isDry) return;
    this.#isDry = true;
    const release = async (): Promise<void> => {
      await this.#source.return?.();
    };
    release().catch(() => undefined);
  }

  /** When everything is over, whoever waits is told. */
  #settle(): void {
    if (!this.#isDry || this.#underWay > 0) return;
    this.#forgetSignal?.();
    for (const tell of this.#leaving.splice(0)) tell();
    if (this.#finished.length > 0) return;
    for (const reader of this.#readers.splice(0)) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure === undefined) reader.resolve({ value: undefined, done: true });
      else reader.reject(failure.error);
    }
  }
}
