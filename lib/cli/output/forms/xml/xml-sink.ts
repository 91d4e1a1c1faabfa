// nmap's XML. Results come in random order and the format wants them by host: they are kept on the disk until the end.

import type { LineWriter } from '../../line-writer.js';
import type { ResultSink, RunEnd, RunStart } from '../../result-sink.js';
import { resultsByHost, type SortLimits } from '../../spool/by-host.js';
import type { ResultLog } from '../../spool/result-log.js';
import { hasAnswered, hostElement } from './host-element.js';
import { documentFoot, documentHead } from './nmap-document.js';

/** What an XML output works with. */
export interface XmlParts {
  readonly writer: LineWriter;
  /** Closed at the end. */
  readonly log: ResultLog;
  /** Beginning of the names of files made while sorting. */
  readonly scratch: string;
  readonly limits?: SortLimits;
}

/** Writes nothing before the end, and then one whole document. */
export function xmlSink({ writer, log, scratch, limits }: XmlParts, start: RunStart): ResultSink {
  const print = (lines: readonly string[]): Promise<void> | undefined =>
    writer.write(lines.join('\n'));
  const writeAll = async (end: RunEnd): Promise<void> => {
    await print(documentHead(start, end));
    let up = 0;
    for await (const results of resultsByHost(log, scratch, limits)) {
      if (hasAnswered(results)) up += 1;
      await print(hostElement(results, start.timeoutMs));
    }
    await print(documentFoot(start, end, { up }));
    await writer.finish();
  };
  return {
    add: (result) => log.add(result, Math.floor(Date.now() / 1000)),
    sync: () => log.sync(),
    finish: async (end) => {
      try {
        await writeAll(end);
      } finally {
        await log.close();
      }
    },
  };
}
