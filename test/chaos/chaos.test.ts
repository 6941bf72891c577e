import { describe, expect, test } from 'vitest';
import { reportOf } from '../support/chaos/report.ts';
import { runChaos } from '../support/chaos/run.ts';
import { redisMissing } from '../support/redis.ts';

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 32);

const SHORT = {
  runs: 60,
  stages: 5,
  hosts: 2,
  environmentsPerHost: 3,
  pace: { holdMsMax: 1_200, pauseMsMax: 1_000, blockMs: 1_500 },
  faultsMsMax: 20_000,
};

describe.each([
  { backend: 'redis' as const, missing: redisMissing },
  { backend: 'postgres' as const, missing: undefined },
])('chaos on $backend', ({ backend, missing }) => {
  test.skipIf(missing !== undefined)(
    missing ?? 'loses nothing and doubles nothing',
    { timeout: 240_000 },
    async () => {
      const figures = await runChaos({ ...SHORT, backend, seed });
      console.log(reportOf(figures));
      const { findings, refused } = figures;
      const wrong = Object.entries({ ...findings, refused }).filter(([, list]) => list.length > 0);
      expect(wrong.map(([what, list]) => `${what}: ${list.length}`)).toEqual([]);
      expect(figures.drainSeconds).toBeLessThan(30);
    },
  );
});
