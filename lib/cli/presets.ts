// The presets of a scan as a table.

import { presets } from '../scan/control/settings/presets.js';

/** What `pacegate scan --preset list` prints. */
export function presetTable(): string {
  const rows = Object.entries(presets).map(([name, { maxRate, maxWorkers, purpose }]) => [
    name,
    `${maxRate}`,
    `${maxWorkers}`,
    purpose,
  ]);
  const lines = [['PRESET', 'RATE/S', 'WORKERS', 'FOR'], ...rows];
  return lines.map((cells) => `${row(cells)}\n`).join('');
}

function row([name = '', rate = '', workers = '', purpose = '']: readonly string[]): string {
  return [name.padEnd(11), rate.padStart(6), workers.padStart(7), purpose].join('  ');
}
