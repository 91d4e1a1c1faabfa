// One line a result, in words that need no parser: `open tcp 80 10.0.0.1 1700000000`. Lines that begin with # are
// remarks. Programs that read masscan's lists read these.

import type { ScanResult } from '../../../scan/index.js';
import type { LineWriter } from '../line-writer.js';
import type { ResultSink, RunStart } from '../result-sink.js';
import { commandLine, runRecord } from '../run-record.js';

/** Writes one result; `atMs` is the time of day, in milliseconds since 1970. */
export function listLine({ state, protocol, port, address }: ScanResult, atMs: number): string {
  return `${state} ${protocol} ${port} ${address} ${Math.floor(atMs / 1000)}`;
}

/** Remarks before and after the results tell of the run. */
export function listSink(writer: LineWriter, start: RunStart): ResultSink {
  const { version, startedAt, args } = start;
  const title = `pacegate ${version} ${startedAt.toISOString()}`;
  let head = `${remark(title)}\n${remark(commandLine(args))}\n`;
  const print = (line: string): Promise<void> | undefined => {
    const lines = head + line;
    head = '';
    return writer.write(lines);
  };
  return {
    add: (result) => print(listLine(result, Date.now())),
    sync: () => writer.sync(),
    finish: async (end) => {
      for (const [name, value] of Object.entries(runRecord(start, end))) {
        await print(remark(`${name}: ${value}`));
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
