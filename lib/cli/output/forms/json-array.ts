// One JSON array, an element a line. A comma stands before its element, so that whole lines can be added at any time.

import type { LineWriter } from '../line-writer.js';
import { ndjsonLine } from './ndjson.js';
import type { ResultSink, RunStart } from '../result-sink.js';
import { runRecord } from '../run-record.js';

/** What an array of the file begins and ends with. */
export const ARRAY_HEAD = '[\n';
export const ARRAY_TAIL = ']\n';

/** How the writer's stream begins and ends. */
export interface ArrayFrame {
  /** The stream sees to the brackets; see TailedFile. */
  readonly isFramed: boolean;
  /** The array has elements from before. */
  readonly hasElements: boolean;
}

/** @param start - where the last element shall tell of the run: what is known of it so far */
export function jsonArraySink(
  writer: LineWriter,
  { isFramed, hasElements }: ArrayFrame,
  start: RunStart | undefined,
): ResultSink {
  let isOpen = isFramed;
  let comma = hasElements ? ',' : '';
  const head = (): string => {
    const text = isOpen ? '' : ARRAY_HEAD;
    isOpen = true;
    return text;
  };
  const element = (json: string): Promise<void> | undefined => {
    const line = `${head()}${comma}${json}`;
    comma = ',';
    return writer.write(line);
  };
  return {
    add: (result) => element(ndjsonLine(result)),
    sync: () => writer.sync(),
    finish: async (end) => {
      if (start !== undefined) {
        await element(JSON.stringify({ type: 'metadata', ...runRecord(start, end) }));
      }
      if (!isFramed) await writer.write(`${head()}${ARRAY_TAIL.trimEnd()}`);
      await writer.finish();
    },
  };
}
