// What a scan loses, and says so.

import type { EngineCounters } from './engines/scan-engine.js';
import { recordingWarning } from './recording.js';

/** Code and text of each warning that the counters call for; each is to be told once. */
export function lossWarnings(
  counters: EngineCounters,
): readonly (readonly [code: string, message: string])[] {
  const recording = recordingWarning(counters.recording);
  return [...captureDrops(counters), ...(recording === undefined ? [] : [recording])];
}

/** What the kernel's filter lets through is answers to this scan, so those are what was lost. */
function captureDrops({ kernelDropped }: EngineCounters): [string, string][] {
  if (kernelDropped === 0) return [];
  const message = `answers were lost (${kernelDropped} so far), because they came faster than they could be read: results may be missing; scan at a lower maxRate, or with more retries`;
  return [['capture-drops', message]];
}
