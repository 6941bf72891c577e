import { defineConfig } from 'vitest/config';

/** What takes minutes, with the real waits: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ['test/**/*.long.ts'],
    globalSetup: ['test/support/build.ts', 'test/support/install-packages.ts', 'test/support/postgres.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
