import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts', 'test/support/install-packages.ts', 'test/support/postgres.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    // A test starts up to seven processes: with more at once on two processors they wait longer than they may.
    maxWorkers: 2,
    // CI machines are shared: a test that needs its second chance there is named in the output.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
