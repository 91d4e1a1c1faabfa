// nmap's XML. Results come in random order and the format wants them by host: they are kept on the disk, and each document
// is made of all of them.

import type { DocumentPlace } from '../../document-place.js';
import type { LineWriter } from '../../line-writer.js';
import type { ResultSink, RunEnd, RunStart } from '../../result-sink.js';
import { resultsByHost, type SortLimits } from '../../spool/by-host.js';
import type { ResultLog } from '../../spool/result-log.js';
import { hasAnswered, hostElement } from './host-element.js';
import { documentFoot, documentHead } from './nmap-document.js';

/** What an XML output works with. */
export interface XmlParts {
  readonly place: DocumentPlace;
  /** Closed at the end. */
  readonly log: ResultLog;
  /** Beginning of the names of files made while sorting. */
  readonly scratch: string;
  readonly limits?: SortLimits;
}

/** While the scan runs, pieces are sorted within milliseconds: its results wait for that. */
const WHILE_RUNNING: SortLimits = { runResults: 8192 };

/** Writes one whole document at the end, and where the place allows it others before. */
export function xmlSink({ place, log, scratch, limits }: XmlParts, start: RunStart): ResultSink {
  const put = (end: RunEnd, sorting: SortLimits | undefined): Promise<void> =>
    place.put(async (writer) => {
      await print(writer, documentHead(start, end));
      let up = 0;
      for await (const results of resultsByHost(log, scratch, sorting)) {
        if (hasAnswered(results)) up += 1;
        await print(writer, hostElement(results, start.timeoutMs));
      }
      await print(writer, documentFoot(start, end, { up }));
    });
  return {
    add: (result) => log.add(result, Math.floor(Date.now() / 1000)),
    sync: () => log.sync(),
    ...(place.isReplaceable ? { show: (end: RunEnd) => put(end, WHILE_RUNNING) } : {}),
    finish: async (end) => {
      try {
        await put(end, limits);
      } finally {
        await log.close();
      }
    },
  };
}

function print(writer: LineWriter, lines: readonly string[]): Promise<void> | undefined {
  return writer.write(lines.join('\n'));
}
