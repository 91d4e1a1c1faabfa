// What the layers of limiting cost a packet, in instructions: clocks are too noisy for one percent.
import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

export interface LayerRow {
  readonly layers: string;
  /** Of the sending thread, without the kernel's. */
  readonly instructionsPerPacket: number;
}

export const NO_LAYER = 'none';
export const RATE = 'rate';
export const RATE_AND_BACKOFF = 'rate and back-off';

/** The first is never held back; the last is beside the three layers. */
const variants = [
  { layers: NO_LAYER, rate: 1e9, flags: [] },
  { layers: RATE, rate: 100_000, flags: [] },
  { layers: RATE_AND_BACKOFF, rate: 100_000, flags: ['adaptive'] },
  { layers: 'rate, back-off and a cap a target', rate: 100_000, flags: ['adaptive', 'caps'] },
] as const;

/** What starting and ending cost falls out of the difference of two runs. */
const [FEW, MANY] = [100_000, 500_000];

/** Nothing where valgrind is missing. */
export async function measureLayers(): Promise<LayerRow[]> {
  if (!hasValgrind()) return [];
  const rows: LayerRow[] = [];
  for (const { layers, rate, flags } of variants) {
    const few = await instructions(FEW, rate, flags);
    const many = await instructions(MANY, rate, flags);
    rows.push({ layers, instructionsPerPacket: (many - few) / (MANY - FEW) });
  }
  return rows;
}

async function instructions(
  packets: number,
  rate: number,
  flags: readonly string[],
): Promise<number> {
  const tool = path.join(process.env['PACEGATE_BENCH_TOOLS'] ?? '', 'pacegate_bench_layers');
  const { stderr } = await promisify(execFile)('valgrind', [
    ...['--tool=callgrind', '--callgrind-out-file=/dev/null'],
    ...['--toggle-collect=pacegate::SendLoop::run*', tool, `${packets}`, `${rate}`, ...flags],
  ]);
  const collected = /Collected : (\d+)/.exec(stderr)?.[1];
  if (collected === undefined) throw new Error(`callgrind counted nothing: ${stderr.slice(-500)}`);
  return Number(collected);
}

function hasValgrind(): boolean {
  try {
    execFileSync('valgrind', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
