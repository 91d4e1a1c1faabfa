import { defineConfig } from 'vitest/config';

// Scans in network namespaces of their own: they wait for time-outs most of their time, so three files at once.
const waiting = 'test/net/**/*.test.ts';

// What fills the machine (rates, floods, kills in quick order) or starts whole programs and installs packages: one
// file at a time, last, sharing the machine with nothing.
const alone = [
  ...['pace', 'exact', 'xdp', 'pool', 'packet-sender/*', 'truth/auto-rate', 'truth/exact'].map(
    (name) => `test/net/${name}.test.ts`,
  ),
  ...['package', 'sharing'].map((name) => `test/${name}/**/*.test.ts`),
];

export default defineConfig({
  test: {
    // A crash of native code in the threads pool would take the whole run down; scripts/sanitize.mjs wants it so.
    pool: process.env['VITEST_POOL'] === 'threads' ? 'threads' : 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [waiting, ...alone] },
      },
      {
        extends: true,
        test: {
          name: 'net',
          include: [waiting],
          exclude: alone,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
