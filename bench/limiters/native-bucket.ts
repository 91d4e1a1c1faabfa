// Part d: the bucket of native threads beside the least such a limiter can cost.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

export interface NativeRow {
  readonly threads: number;
  /** Nanoseconds per decision of one thread. */
  readonly bucketNs: number;
  /** A bare compare-and-swap loop that reads the same clock. */
  readonly bareNs: number;
  /** Median of the ratios of rounds that follow each other. */
  readonly ratio: number;
}

/** Undefined where the tool was not built: `npm run bench` builds it. */
export async function measureNative(threads: readonly number[]): Promise<NativeRow[] | undefined> {
  const folder = process.env['PACEGATE_BENCH_TOOLS'];
  const tool = path.join(folder ?? '', 'pacegate_bench_bucket');
  if (folder === undefined || !existsSync(tool)) return undefined;
  const rows: NativeRow[] = [];
  for (const count of threads) {
    const { stdout } = await promisify(execFile)(tool, ['--threads', `${count}`]);
    rows.push(JSON.parse(stdout) as NativeRow);
  }
  return rows;
}
