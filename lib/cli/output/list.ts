// One line a result, in words that need no parser: `open tcp 80 10.0.0.1 1700000000`. Lines that begin with # are
// remarks. Programs that read masscan's lists read these.

import type { ScanResult } from '../../scan/index.js';
import type { LineWriter } from './line-writer.js';
import type { ResultSink, RunStart } from './result-sink.js';
import { commandLine, runRecord } from './run-record.js';

/** Writes one result; `atMs` is the time of day, in milliseconds since 1970. */
export function listLine({ state, protocol, port, address }: ScanResult, atMs: number): string {
  return `${state} ${protocol} ${port} ${address} ${Math.floor(atMs / 1000)}`;
}

/** Remarks before and after the results tell of the run. */
export function listSink(writer: LineWriter, start: RunStart): ResultSink {
  let isBegun = false;
  const begin = async (): Promise<void> => {
    if (isBegun) return;
    isBegun = true;
    const { version, startedAt, args } = start;
    await writer.write(remark(`pacegate ${version} ${startedAt.toISOString()}`));
    await writer.write(remark(commandLine(args)));
  };
  return {
    add: async (result) => {
      await begin();
      await writer.write(listLine(result, Date.now()));
    },
    sync: () => writer.sync(),
    finish: async (end) => {
      await begin();
      for (const [name, value] of Object.entries(runRecord(start, end))) {
        await writer.write(remark(`${name}: ${value}`));
      }
      await writer.write(remark('end'));
      await writer.finish();
    },
  };
}

/** One line, whatever stands in the text. */
function remark(text: string): string {
  return `# ${text.replace(/\s/g, ' ')}`;
}
