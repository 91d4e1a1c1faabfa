// Stages that are one tool with one verdict.
import { filesBelow } from '../steps/fingerprint.mjs';
import { run, runNode } from '../steps/process.mjs';
import { tool } from '../steps/system-tools.mjs';

/** A verdict as the counts that every stage returns. */
export const verdict = (ok, output = '') => ({
  passed: ok ? 1 : 0,
  failed: ok ? 0 : 1,
  skipped: 0,
  output,
});

const isCpp = (file) => /\.(h|cc)$/.test(file);

/** A stage that runs one npm tool by its script, so that it needs no shell and no PATH. */
function nodeTool(name, group, script, ...args) {
  return {
    name,
    group,
    async run() {
      const result = await runNode([`node_modules/${script}`, ...args]);
      return verdict(result.ok, result.output);
    },
  };
}

export const prettier = nodeTool(
  'prettier',
  'format',
  'prettier/bin/prettier.cjs',
  '--check',
  '--log-level=warn',
  '.',
);

export const clangFormat = {
  name: 'clang-format',
  group: 'format',
  skip: () => (tool('clang-format 19') ? undefined : 'clang-format 19 is not installed'),
  async run() {
    const result = await run(tool('clang-format 19'), [
      '--dry-run',
      '-Werror',
      ...filesBelow('native', isCpp),
    ]);
    return verdict(result.ok, result.output);
  },
};

export const eslint = nodeTool('eslint', 'lint', 'eslint/bin/eslint.js', '--max-warnings=0', '.');

export const types = nodeTool(
  'types',
  'types',
  'typescript/bin/tsc',
  '-p',
  'tsconfig.json',
  '--noEmit',
);

export const publint = nodeTool('publint', 'package', 'publint/src/cli.js', '--strict');

export const attw = nodeTool(
  'attw',
  'package',
  '@arethetypeswrong/cli/dist/index.js',
  '--pack',
  '.',
  '--profile',
  'esm-only',
  '--no-emoji',
);

export const prebuild = nodeTool('prebuild', 'package', '../scripts/prebuild.mjs');

export const glibc = {
  ...nodeTool('glibc-floor', 'package', '../scripts/check-glibc.mjs'),
  skip: () => (process.platform === 'linux' ? undefined : 'only Linux has a glibc'),
};
