// One JSON array, an element a line. A comma stands before its element, so that whole lines can be added at any time.

import type { LineWriter } from './line-writer.js';
import { ndjsonLine } from './ndjson.js';
import type { ResultSink, RunStart } from './result-sink.js';
import { runRecord } from './run-record.js';

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
  const begin = async (): Promise<void> => {
    if (!isOpen) await writer.write(ARRAY_HEAD.trimEnd());
    isOpen = true;
  };
  const element = async (json: string): Promise<void> => {
    await begin();
    const line = `${comma}${json}`;
    comma = ',';
    await writer.write(line);
  };
  return {
    add: (result) => element(ndjsonLine(result)),
    sync: () => writer.sync(),
    finish: async (end) => {
      if (start !== undefined) {
        await element(JSON.stringify({ type: 'metadata', ...runRecord(start, end) }));
      }
      await begin();
      if (!isFramed) await writer.write(ARRAY_TAIL.trimEnd());
      await writer.finish();
    },
  };
}
