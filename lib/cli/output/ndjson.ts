// One JSON object a line, one line a result: valid however the scan ends.

import type { ScanResult } from '../../scan/index.js';

/** Writes one result. */
export function ndjsonLine(result: ScanResult): string {
  return JSON.stringify(result);
}
