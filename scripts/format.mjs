// Formats everything that `npm test` checks: prettier, then clang-format over native/.
import { ensureReadyOrExit } from './bootstrap.mjs';
import { filesBelow } from './steps/fingerprint.mjs';
import { must, mustNode, report } from './steps/process.mjs';
import { tool } from './steps/system-tools.mjs';

await ensureReadyOrExit({ need: 'test' });
try {
  const prettier = 'node_modules/prettier/bin/prettier.cjs';
  await mustNode('prettier', [prettier, '--write', '--log-level=warn', '.']);
  const sources = filesBelow('native', (file) => /\.(h|cc)$/.test(file));
  await must('clang-format', tool('clang-format 19') ?? 'clang-format-19', ['-i', ...sources]);
} catch (error) {
  report(error);
  process.exitCode = 1;
}
