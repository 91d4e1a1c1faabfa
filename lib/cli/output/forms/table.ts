// Results for a person: open ports as they are found, the others at the end where they are few.

import type { PortState, ScanResult } from '../../../scan/index.js';
import type { LineWriter } from '../line-writer.js';
import type { ResultSink } from '../result-sink.js';

/** More of one state than these are only counted. */
const FEW = 25;
const HEADER = row('ADDRESS', 'PORT', 'STATE', 'REASON', 'RTT');

/** Makes the rows of a scan's table, header included. */
export class ResultTable {
  readonly #others = new Map<PortState, ScanResult[]>();
  #hasHeader = false;

  /** The rows to print now. */
  add(result: ScanResult): string[] {
    if (result.state === 'open') return this.#withHeader([resultRow(result)]);
    const others = this.#others.get(result.state) ?? [];
    // One more than a few is kept, to know that there are more.
    if (others.length <= FEW) others.push(result);
    this.#others.set(result.state, others);
    return [];
  }

  /** The rows to print at the end: ports that are not open, by state, address and port. */
  finish(): string[] {
    const few = [...this.#others.values()].filter((results) => results.length <= FEW);
    return this.#withHeader(few.flatMap((results) => results.sort(byEndpoint).map(resultRow)));
  }

  #withHeader(rows: string[]): string[] {
    if (this.#hasHeader || rows.length === 0) return rows;
    this.#hasHeader = true;
    return [HEADER, ...rows];
  }
}

/** A table for a person. */
export function tableSink(writer: LineWriter): ResultSink {
  const table = new ResultTable();
  const print = (rows: readonly string[]): Promise<void> | undefined =>
    rows.length === 0 ? undefined : writer.write(rows.join('\n'));
  return {
    add: (result) => print(table.add(result)),
    sync: () => writer.sync(),
    finish: async () => {
      await print(table.finish());
      await writer.finish();
    },
  };
}

function byEndpoint(a: ScanResult, b: ScanResult): number {
  const address = a.address.localeCompare(b.address, 'en', { numeric: true });
  return address === 0 ? a.port - b.port : address;
}

function resultRow(result: ScanResult): string {
  const rtt = result.rttMs === undefined ? '' : `${result.rttMs.toFixed(2)} ms`;
  return row(result.address, String(result.port), result.state, result.reason, rtt);
}

function row(address: string, port: string, state: string, reason: string, rtt: string): string {
  const cells = [address.padEnd(23), port.padEnd(5), state.padEnd(8), reason.padEnd(16), rtt];
  return cells.join('  ').trimEnd();
}
