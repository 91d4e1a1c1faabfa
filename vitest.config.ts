import { defineConfig } from 'vitest/config';

// Tests that own network namespaces, start whole programs or install packages: one file at a time, after the
// others, so that they share the machine with nothing.
const system = ['net', 'package', 'sharing'].map((name) => `test/${name}/**/*.test.ts`);

export default defineConfig({
  test: {
    // A crash of native code in the threads pool would take the whole run down; scripts/sanitize.mjs wants it so.
    pool: process.env['VITEST_POOL'] === 'threads' ? 'threads' : 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: system },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: system,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
