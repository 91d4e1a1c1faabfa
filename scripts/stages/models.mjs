// The models of native/model, searched to the end by spin; and their mutants, each of which must be caught.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { filesBelow } from '../steps/fingerprint.mjs';
import { root, run } from '../steps/process.mjs';
import { locate, tool } from '../steps/system-tools.mjs';

const folder = 'native/model';

export const models = {
  name: 'models',
  group: 'model',
  skip() {
    if (!tool('spin')) return 'spin is not installed';
    return locate('gcc', 'cc') ? undefined : 'spin needs a C compiler, and there is none';
  },
  async run() {
    const waiting = filesBelow(folder, (file) => file.endsWith('.pml')).flatMap((file) =>
      [0, ...mutantsOf(readFileSync(path.join(root, file), 'utf8'))].map((mutant) => ({
        file,
        mutant,
      })),
    );
    const total = { passed: 0, failed: 0, skipped: 0, output: '' };
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const complaint = await examine(next.file, next.mutant);
        if (complaint) total.output += `${next.file}, mutant ${next.mutant}: ${complaint}\n`;
        total[complaint ? 'failed' : 'passed']++;
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
    return total;
  },
};

/** The numbers that a model compares MUTANT with. */
export function mutantsOf(text) {
  const numbers = [...text.matchAll(/MUTANT [!=]= (\d+)/g)].map((match) => Number(match[1]));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** Searches one model, or one mutant of it. Returns what is wrong with the outcome, or undefined. */
async function examine(file, mutant) {
  const place = mkdtempSync(path.join(tmpdir(), 'pacegate-model-'));
  try {
    copyFileSync(path.join(root, file), path.join(place, 'model.pml'));
    const inPlace = { cwd: place, timeoutMs: 180_000 };
    for (const [command, ...args] of [
      [tool('spin'), `-DMUTANT=${mutant}`, '-a', 'model.pml'],
      // A mutant is caught soon; what is searched to the end is worth the optimiser's time.
      [locate('gcc', 'cc'), mutant ? '-O1' : '-O2', '-w', '-DSAFETY', '-o', 'pan', 'pan.c'],
    ]) {
      const made = await run(command, args, inPlace);
      if (!made.ok) return made.output;
    }
    const { output } = await run(path.join(place, 'pan'), ['-m100000'], inPlace);
    return mutant === 0 ? complaintAbout(output) : complaintAboutMutant(output);
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** \returns why `output` of a verifier is no proof, or undefined */
export function complaintAbout(output) {
  const errors = /errors: (\d+)/.exec(output)?.[1];
  if (errors === undefined) return `the search did not end:\n${output}`;
  if (errors !== '0') return output;
  if (/max search depth too small|out of memory/i.test(output)) return `incomplete:\n${output}`;
  // What no run can reach is checked by nothing.
  const unreached = output.match(/^\s+\S+:\d+, state \d+, .*$/gm) ?? [];
  return unreached.length > 0 ? `never reached:\n${unreached.join('\n')}` : undefined;
}

/** A mutant has to fail, and by a violated assertion: not by a mistake in the model. */
export function complaintAboutMutant(output) {
  return /assertion violated/.test(output) ? undefined : `was not caught:\n${output}`;
}
