// Stages that are one tool with one verdict.
import { cppSources } from '../steps/cpp-sources.mjs';
import { run, runNode } from '../steps/process.mjs';
import { tool } from '../steps/system-tools.mjs';

/** A verdict as the counts that every stage returns. */
export const verdict = (ok, output = '') => ({
  passed: ok ? 1 : 0,
  failed: ok ? 0 : 1,
  skipped: 0,
  output,
});

/** A stage that runs one script with Node, which needs no shell and no PATH. */
function nodeTool(name, group, script, ...args) {
  return {
    name,
    group,
    async run() {
      const result = await runNode([script, ...args]);
      return verdict(result.ok, result.output);
    },
  };
}

export const prettier = nodeTool(
  'prettier',
  'format',
  'node_modules/prettier/bin/prettier.cjs',
  '--check',
  '--log-level=warn',
  '.',
);

export const clangFormat = {
  name: 'clang-format',
  group: 'format',
  skip: () => (tool('clang-format 19') ? undefined : 'clang-format 19 is not installed'),
  async run() {
    const result = await run(tool('clang-format 19'), ['--dry-run', '-Werror', ...cppSources()]);
    return verdict(result.ok, result.output);
  },
};

export const eslint = nodeTool(
  'eslint',
  'lint',
  'node_modules/eslint/bin/eslint.js',
  '--max-warnings=0',
  '.',
);

export const types = nodeTool(
  'types',
  'types',
  'node_modules/typescript/bin/tsc',
  '-p',
  'tsconfig.json',
  '--noEmit',
);

export const publint = nodeTool(
  'publint',
  'package',
  'node_modules/publint/src/cli.js',
  '--strict',
);

export const attw = nodeTool(
  'attw',
  'package',
  'node_modules/@arethetypeswrong/cli/dist/index.js',
  '--pack',
  '.',
  '--profile',
  'esm-only',
  '--no-emoji',
);

export const prebuild = nodeTool('prebuild', 'package', 'scripts/prebuild.mjs');

export const glibc = {
  ...nodeTool('glibc-floor', 'package', 'scripts/check-glibc.mjs'),
  skip: () => (process.platform === 'linux' ? undefined : 'only Linux has a glibc'),
};
