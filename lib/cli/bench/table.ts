// A table as text, and figures as a person reads them.

import { count } from '../status/format.js';
import type { Spread } from './spread.js';

/** Title, head and rows, one line each, and an empty line. */
export function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [title, ...lines.map((row) => `  ${line(row)}`), ''];
}

/** Two significant digits at least: 2.8, 55, 1 240. */
export function figure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value < 10 ? value.toPrecision(2) : count(Math.round(value));
}

/** `2.8 (2.7 to 3.0)`; `2.8` of a single round. */
export function spreadText(
  spread: Spread | undefined,
  text: (value: number) => string = figure,
): string {
  if (spread === undefined) return '-';
  if (spread.least === spread.most) return text(spread.median);
  return `${text(spread.median)} (${text(spread.least)} to ${text(spread.most)})`;
}
