// clang-tidy over every shipped .cc, as many at once as there are processors. A file that passed is not
// looked at again until it, a header, the settings or its compile command changes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { filesBelow, fingerprint } from '../steps/fingerprint.mjs';
import { root, run } from '../steps/process.mjs';
import { tool } from '../steps/system-tools.mjs';
import { verdict } from './single-checks.mjs';

const database = path.join(root, 'build/compile_commands.json'); // of the addon build: it has the binding too
const memory = path.join(root, 'build/.clang-tidy-passed.json');

// What only Windows can compile is checked by the mingw stage.
const isShipped = (file) => !/^native\/(test|fuzz|bench|platform\/windows)\//.test(file);

export const clangTidy = {
  name: 'clang-tidy',
  group: 'lint',
  skip() {
    if (!tool('clang-tidy 19')) return 'clang-tidy 19 is not installed';
    return existsSync(database) ? undefined : 'the addon build wrote no compile_commands.json';
  },
  run: (verdicts) => Promise.resolve(verdicts),
  async prepare(how) {
    const passedBefore = existsSync(memory)
      ? new Set(JSON.parse(readFileSync(memory, 'utf8')))
      : new Set();
    const files = checkedFiles();
    const waiting = files.filter(({ key }) => !passedBefore.has(key));
    const complaints = [];
    const passed = new Set(files.map(({ key }) => key).filter((key) => passedBefore.has(key)));
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const result = await run(tool('clang-tidy 19'), ['--quiet', ...next.args], how);
        if (result.ok) passed.add(next.key);
        else complaints.push(findings(result.output));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
    mkdirSync(path.dirname(memory), { recursive: true });
    writeFileSync(memory, JSON.stringify([...passed]));
    return verdict(complaints.length === 0, distinct(complaints).join('\n'));
  },
};

/** Shipped sources, each with the arguments that check it and a key that changes when the answer could. */
function checkedFiles() {
  const commands = new Map(
    JSON.parse(readFileSync(database, 'utf8')).map((entry) => [entry.file, entry.command]),
  );
  const headers = filesBelow('native', (file) => file.endsWith('.h') && isShipped(file));
  const settings = fingerprint(['.clang-tidy', '.clang-format', ...headers]);
  return filesBelow('native', (file) => file.endsWith('.cc') && isShipped(file)).map((file) => {
    const command = commands.get(path.join(root, file));
    // Sources of another platform have no command here; they are checked as plain C++20.
    const args = command ? ['-p', 'build', file] : [file, '--', '-std=c++20', '-Inative'];
    return { file, args, key: fingerprint([file], settings, command ?? '') };
  });
}

/** The findings in one run's output, each with the lines that explain it. */
function findings(output) {
  const text = output.replace(/^\d+ warnings? .*(?:generated|treated as errors?)\.$/gm, '');
  return text
    .split(/^(?=\S+:\d+:\d+: (?:error|warning): )/m)
    .map((finding) => finding.trim())
    .filter(Boolean);
}

/** A header's findings turn up in every file that includes it; once is enough. */
const distinct = (runs) => [...new Set(runs.flat())];
