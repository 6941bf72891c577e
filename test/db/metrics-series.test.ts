import { expect, test } from 'vitest';
import { figuresOf, grouped, PERIODS, stepsOf, sum } from '../../core/metrics-series.ts';
import { failureCounts, recoveryMetrics } from '../../db/metrics.ts';
import { metricsSeries } from '../../db/metrics-series.ts';
import { insertRun } from '../../db/runs.ts';
import { manyIncidents } from './fixtures/incidents.ts';
import { newRun, world } from './fixtures/world.ts';

const MONTH = { days: 30, stepSeconds: 86_400 };

async function worldWith(count: number, days: number) {
  const here = await world();
  const run = newRun(here);
  await insertRun(here.database, run, null);
  await manyIncidents(here.sql, { ...here, runId: run.id, count, days });
  return here;
}

test('the steps of a plot add up to the figures of the period', async () => {
  const { database, environmentId } = await worldWith(400, 60);
  const filter = { days: 30, environment: 'lab' };
  const [series, rows, counts] = await Promise.all([
    metricsSeries(database, environmentId, MONTH),
    recoveryMetrics(database, filter),
    failureCounts(database, filter),
  ]);
  const whole = rows.find(({ component }) => component === null);
  const steps = stepsOf(MONTH, Date.now());
  expect(steps).toHaveLength(31);
  expect(steps).toEqual(expect.arrayContaining(series.detected.map(({ at }) => at)));
  const { attempts, ...figures } = figuresOf(series);
  expect(attempts).toMatchObject(whole?.recoveryAttempts ?? {});
  expect(
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value ?? -1)])),
  ).toEqual({
    incidents: sum(counts.map(({ count }) => count)),
    recoveryTimeMs: whole?.recoveryTimeMs.mean,
    timeToDetectionMs: whole?.timeToDetectionMs.mean,
    timeToRecoveryMs: whole?.timeToRecoveryMs.mean,
  });
  const failures = grouped(
    series.failures,
    ({ component, failure }) => `${component} ${failure}`,
    ({ count }) => count,
  );
  expect(failures.map(([name, steps]) => [name, sum(steps.map(({ count }) => count))]).sort()).toEqual(
    counts.map(({ component, failure, count }) => [`${component} ${failure}`, count]).sort(),
  );
  const weights = failures.map(([, steps]) => sum(steps.map(({ count }) => count)));
  expect(weights).toEqual([...weights].sort((one, other) => other - one));
});

test('what happened before the period is not read for it, nor what happened elsewhere', async () => {
  const here = await worldWith(20_000, 300);
  const plan = await here.sql`explain select * from incidents
    where environment_id = ${here.environmentId} and detected_at > now() - interval '1 day'`;
  expect(JSON.stringify(plan)).toContain('incidents_detected');
  const elsewhere = await metricsSeries(here.database, crypto.randomUUID(), MONTH);
  expect(elsewhere).toEqual({ detected: [], failures: [], attempts: [] });
});

test('a period has few enough steps to tell them apart', () => {
  for (const period of PERIODS) {
    const steps = stepsOf(period, Date.UTC(2026, 0, 31, 12));
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.length).toBeLessThan(40);
  }
});
