import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder in memory that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync('/dev/shm/pacegate-');
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** A path in a folder of its own where nothing is yet. */
export function freshPath(): string {
  return path.join(temporaryFolder(), 'limit');
}
