// Formats everything that `npm test` checks: prettier, then clang-format over what is C and C++.
import { ensureReadyOrExit } from './bootstrap.mjs';
import { cppSources } from './steps/cpp-sources.mjs';
import { must, mustNode, report } from './steps/process.mjs';
import { tool } from './steps/system-tools.mjs';

await ensureReadyOrExit({ need: 'test' });
try {
  const prettier = 'node_modules/prettier/bin/prettier.cjs';
  await mustNode('prettier', [prettier, '--write', '--log-level=warn', '.']);
  await must('clang-format', tool('clang-format 19') ?? 'clang-format-19', ['-i', ...cppSources()]);
} catch (error) {
  report(error);
  process.exitCode = 1;
}
