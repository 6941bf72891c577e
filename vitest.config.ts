import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/install-packages.ts', 'test/support/postgres.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    // Most tests wait for processes, not for the processor.
    maxWorkers: 3,
    // CI machines are shared: a test that needs its second chance there is named in the output.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
