// Where results go, in which form.

import type { ScanResult } from '../../scan/index.js';
import type { LineWriter } from './line-writer.js';
import { ndjsonLine } from './ndjson.js';
import { ResultTable } from './table.js';

/** Takes results one by one; each call resolves when the next may come. */
export interface ResultSink {
  add(result: ScanResult): Promise<void>;
  /** Writes what was kept to the end; resolves when all is written. */
  finish(): Promise<void>;
}

/** One JSON object a line. */
export function ndjsonSink(writer: LineWriter): ResultSink {
  return {
    add: (result) => writer.write(ndjsonLine(result)),
    finish: () => writer.finish(),
  };
}

/** A table for a person. */
export function tableSink(writer: LineWriter): ResultSink {
  const table = new ResultTable();
  const print = async (rows: readonly string[]): Promise<void> => {
    for (const row of rows) await writer.write(row);
  };
  return {
    add: (result) => print(table.add(result)),
    finish: async () => {
      await print(table.finish());
      await writer.finish();
    },
  };
}
