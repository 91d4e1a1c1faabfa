// One JSON object a line, one line a result: valid however the scan ends.

import type { ScanResult } from '../../../scan/index.js';
import type { LineWriter } from '../line-writer.js';
import type { ResultSink, RunStart } from '../result-sink.js';
import { runRecord } from '../run-record.js';

let latest: ScanResult | undefined;
let latestLine = '';

/** Writes one result. NDJSON and JSON write the same, one right after the other: it is made once. */
export function ndjsonLine(result: ScanResult): string {
  if (result !== latest) {
    latest = result;
    latestLine = JSON.stringify(result);
  }
  return latestLine;
}

/** @param start - where the last line shall tell of the run: what is known of it so far */
export function ndjsonSink(writer: LineWriter, start: RunStart | undefined): ResultSink {
  return {
    add: (result) => writer.write(ndjsonLine(result)),
    sync: () => writer.sync(),
    finish: async (end) => {
      if (start !== undefined) {
        await writer.write(JSON.stringify({ type: 'metadata', ...runRecord(start, end) }));
      }
      await writer.finish();
    },
  };
}
