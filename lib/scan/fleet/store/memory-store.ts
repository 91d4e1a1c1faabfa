import { checkOptions } from '../../../internal/check.js';
import { checkClock, type Clock } from '../../../internal/clock.js';
import { emptyDocument, FleetLedger } from './fleet-ledger.js';
import { LedgerStore } from './ledger-store.js';

/**
 * A plan for members of one process, and for tests.
 *
 * @example
 * ```ts
 * import { MemoryFleetStore, scanFleet } from 'pacegate/scan';
 *
 * const store = new MemoryFleetStore();
 * const options = { targets: '127.0.0.0/29', ports: '1-100', maxRate: 500, store };
 * const read = async () => {
 *   for await (const { port, state } of scanFleet(options)) if (state === 'open') console.log(port);
 * };
 * await Promise.all([read(), read()]); // two members, 500 packets/s together
 * ```
 */
export class MemoryFleetStore extends LedgerStore {
  readonly #clock: Clock;
  readonly #document = emptyDocument();

  /**
   * @param options - `clock`: where times come from, by default the system's monotonic clock
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`)
   */
  constructor(options: { clock?: Clock } = {}) {
    super();
    this.#clock = checkClock('clock', checkOptions('options', options, ['clock'])['clock']);
  }

  protected apply<Answer>(operation: (ledger: FleetLedger) => Answer): Promise<Answer> {
    const nowMs = Number(this.#clock.nowNs()) / 1e6;
    return Promise.resolve(operation(new FleetLedger(this.#document, nowMs)));
  }
}
