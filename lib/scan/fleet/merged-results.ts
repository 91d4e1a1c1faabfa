// Several sources of results read as one, each only as fast as the reader takes its results.

/** One source, and what is to be done when it has ended by itself. */
export interface ResultSource<Result> {
  readonly results: AsyncIterator<Result, undefined>;
  /** Its last result has been taken, and its reader has come back for more. */
  readonly onEnd: () => void;
}

type Arrival<Result> =
  | { readonly source: ResultSource<Result>; readonly step: IteratorResult<Result, undefined> }
  | { readonly source: ResultSource<Result>; readonly error: unknown };

/**
 * From each source one result at most is taken ahead; the next is asked for when the reader comes back from that one. So a
 * source knows what its reader is done with.
 */
export class MergedResults<Result> {
  readonly #sources = new Set<ResultSource<Result>>();
  #arrived: Arrival<Result>[] = [];
  #isClosed = false;
  #fault: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  add(source: ResultSource<Result>): void {
    this.#sources.add(source);
    this.#ask(source);
  }

  /** What still comes from it is not wanted. */
  drop(source: ResultSource<Result>): void {
    this.#sources.delete(source);
    this.#arrived = this.#arrived.filter((arrival) => arrival.source !== source);
    this.#wake();
  }

  /** No more sources come: the reader ends with the last result. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** The reader is to get this error next. */
  fail(error: unknown): void {
    this.#fault ??= { error };
    this.#wake();
  }

  /** @throws (rejects) what made a source fail, or what {@link fail} was given */
  async *read(): AsyncGenerator<Result, undefined> {
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
      if ('error' in next) throw next.error;
      const { source, step } = next;
      if (step.done === true) {
        this.#sources.delete(source);
        source.onEnd();
      } else {
        yield step.value;
        if (this.#sources.has(source)) this.#ask(source);
      }
    }
    return undefined;
  }

  async #next(): Promise<Arrival<Result> | undefined> {
    for (;;) {
      if (this.#fault !== undefined) throw this.#fault.error;
      const next = this.#arrived.shift();
      if (next !== undefined) return next;
      if (this.#isClosed && this.#sources.size === 0) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #ask(source: ResultSource<Result>): void {
    const arrive = (arrival: Arrival<Result>): void => {
      if (!this.#sources.has(source)) return;
      this.#arrived.push(arrival);
      this.#wake();
    };
    source.results.next().then(
      (step) => {
        arrive({ source, step });
      },
      (error: unknown) => {
        arrive({ source, error });
      },
    );
  }
}
