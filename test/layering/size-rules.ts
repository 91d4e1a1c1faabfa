// Rules that hold in every language: a file is short, and its name says what is in it.
import path from 'node:path';
import type { SourceFile } from './source-file.js';

const maxLines = 300;
const emptyNames = /^(utils?|helpers?|misc|common|stuff)$/;

/** `exceptions` maps a longer file to the reason for its length; an entry without need is a problem too. */
export function sizeProblems(files: SourceFile[], exceptions: Record<string, string>): string[] {
  const problems: string[] = [];
  for (const file of files) {
    const lines = file.text.trimEnd().split('\n').length;
    const listed = Object.hasOwn(exceptions, file.path);
    if (lines > maxLines && !listed) {
      problems.push(`${file.path}: ${lines} lines; more than ${maxLines} need a listed reason`);
    }
    if (lines <= maxLines && listed) {
      problems.push(`${file.path}: listed as too long, but has ${lines} lines`);
    }
  }
  const known = new Set(files.map((file) => file.path));
  for (const [name, reason] of Object.entries(exceptions)) {
    if (!known.has(name)) problems.push(`${name}: listed as too long, but does not exist`);
    if (reason.length < 20) problems.push(`${name}: "${reason}" is no reason`);
  }
  return problems;
}

export function nameProblems(files: SourceFile[]): string[] {
  return files
    .filter((file) => emptyNames.test(path.parse(file.path).name))
    .map((file) => `${file.path}: the name does not say what is in the file`);
}
