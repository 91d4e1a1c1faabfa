import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: process.env['VITEST_POOL'] === 'threads' ? 'threads' : 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
