import { describe, expect, test } from 'vitest';
import { redisMissing } from '../redis.ts';
import { reportOf } from './report.ts';
import { type ChaosOptions, runChaos } from './run.ts';

/** What is promised from the end of the last fault to the end of the last run. */
const CONTRACT_DRAIN_SECONDS = 30;
/** Start, drain, and reading it all. */
const ASIDE_MS = 240_000;

const BACKENDS = [
  { backend: 'redis', missing: redisMissing },
  { backend: 'postgres', missing: undefined },
] as const;

type Size = Omit<ChaosOptions, 'backend' | 'seed'> & { runsMin: number };

/** The same test in any size, on both queue backends. `CHAOS_SEED` repeats the choices of an earlier one. */
export function chaosTest(title: string, { runsMin, ...size }: Size): void {
  const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 32);
  describe.each(BACKENDS)(`chaos ${title}, the queue on $backend`, ({ backend, missing }) => {
    const timeout = size.faultsMsMax + ASIDE_MS;
    test.skipIf(missing !== undefined)(missing ?? 'nothing lost, nothing doubled', { timeout }, async () => {
      const figures = await runChaos({ ...size, backend, seed });
      console.log(reportOf(figures));
      const { findings, refused, drainSeconds, runs, restarts } = figures;
      const wrong = Object.entries({ ...findings, refused }).filter(([, list]) => list.length > 0);
      expect(wrong.map(([what, list]) => `${what}: ${list.length}`)).toEqual([]);
      expect(figures.givenUp * 3).toBeLessThanOrEqual(restarts);
      expect(drainSeconds).toBeLessThan(CONTRACT_DRAIN_SECONDS);
      expect(runs).toBeGreaterThanOrEqual(runsMin);
    });
  });
}
