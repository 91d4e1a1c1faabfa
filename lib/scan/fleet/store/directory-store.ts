import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { invalidArgument } from '../../../internal/check.js';
import { systemClock } from '../../../internal/clock.js';
import { PacegateError } from '../../../internal/errors.js';
import { emptyDocument, FleetLedger, type LedgerDocument } from './fleet-ledger.js';
import { LedgerStore } from './ledger-store.js';
import { VersionChain } from './version-chain.js';

/**
 * A plan in a directory, for processes of one host and one user. Whatever is killed or stopped in whatever moment, the
 * plan stays whole and in nobody's way. A directory holds one plan, also when that is done: remove it, or name another
 * one, for the next. Not for network file systems: times are those of this host's monotonic clock.
 *
 * @example
 * ```ts
 * import { DirectoryFleetStore } from 'pacegate/scan';
 *
 * const store = new DirectoryFleetStore('/tmp/monday');
 * const { totals } = await store.status();
 * console.log(`${totals.done} of ${totals.shards} shards done`);
 * ```
 */
export class DirectoryFleetStore extends LedgerStore {
  readonly #directory: string;
  readonly #chain: VersionChain;
  /** Operations of one process wait for each other: they would only spoil each other's versions. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param directory - made with the plan, readable for its owner only; a relative one starts from the working directory
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`); operations reject with `ERR_PACEGATE_SYSTEM` when the
   * directory cannot be used, and with `ERR_PACEGATE_SHARED_STATE` when it holds something else
   */
  constructor(directory: string) {
    super();
    if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
      throw invalidArgument('directory', directory, 'a path');
    }
    this.#directory = path.resolve(directory);
    this.#chain = new VersionChain(this.#directory, randomUUID());
  }

  protected apply<Answer>(operation: (ledger: FleetLedger) => Answer): Promise<Answer> {
    const answer = this.#last.then(() => this.#change(operation));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #change<Answer>(operation: (ledger: FleetLedger) => Answer): Promise<Answer> {
    try {
      for (;;) {
        const version = await this.#chain.last();
        const document = this.#parse(version.text);
        // Read after the document was: it is never earlier than what the document says.
        const nowMs = Number(systemClock.nowNs()) / 1e6;
        const answer = operation(new FleetLedger(document, nowMs));
        // Nobody has made a plan, and nothing was asked but how it stands.
        if (version.number === 0 && document.plan === undefined) return answer;
        if (await this.#chain.append(version, JSON.stringify(document))) return answer;
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #parse(text: string): LedgerDocument {
    if (text === '') return emptyDocument();
    const document = JSON.parse(text) as LedgerDocument;
    const { version } = document as { version: number };
    if (version !== 1) throw new SyntaxError(`version ${version}`);
    return document;
  }

  #failure(error: unknown): PacegateError {
    if (error instanceof SyntaxError) {
      return new PacegateError(
        'ERR_PACEGATE_SHARED_STATE',
        `${this.#directory} does not hold a plan of this version of pacegate: ${error.message}`,
        { cause: error },
      );
    }
    const { code = String(error), errno = 0 } = error as NodeJS.ErrnoException;
    return new PacegateError(
      'ERR_PACEGATE_SYSTEM',
      `cannot use the directory ${this.#directory} for a plan: ${code}`,
      { cause: error, systemError: Math.abs(errno) },
    );
  }
}
