import { expect, test } from 'vitest';
import { newId } from '../../db/id.ts';
import { rungRecords } from '../../db/learning.ts';
import { insertRun } from '../../db/runs.ts';
import { environment, newRun, type World, world } from './fixtures/world.ts';

const FAILURE = 'pool:stale_work';

/** An incident that ended so, with these rungs against it, some days ago. */
async function incident(
  { sql, database }: World,
  environmentId: string,
  status: string,
  rungs: { rung: string; worked: boolean; failure?: string }[],
  daysAgo = 0,
): Promise<void> {
  const run = newRun({ environmentId });
  await insertRun(database, run, null);
  const id = newId();
  const evidence = sql.json({ rungs: rungs.map((rung) => ({ failure: FAILURE, ...rung })) });
  const at = new Date(Date.now() - daysAgo * 86_400_000);
  await sql`insert into incidents (id, run_id, environment_id, status, raised, occurred_at, detected_at)
            values (${id}, ${run.id}, ${environmentId}, ${status}, ${sql.json({})}, ${at}, ${at})`;
  await sql`insert into recovery_attempts (id, run_id, incident_id, number, mode, delay_seconds, evidence)
            values (${newId()}, ${run.id}, ${id}, 1, 'targeted', 0, ${evidence})`;
}

test('a rung helped where the incident was resolved; it failed wherever it did', async () => {
  const here = await world();
  const { database, environmentId } = here;
  const waited = { rung: 'wait', worked: false };
  const restarted = { rung: 'restart', worked: true };
  await incident(here, environmentId, 'resolved', [waited, restarted]);
  await incident(here, environmentId, 'escalated', [waited, restarted]);
  await incident(here, environmentId, 'resolved', [
    restarted,
    { ...restarted, failure: 'pool:stratum_deaf' },
  ]);
  await incident(here, environmentId, 'resolved', [restarted], 91);
  await incident(here, await environment(database, 'other'), 'resolved', [restarted]);
  expect(await rungRecords(database, environmentId, FAILURE)).toEqual([
    { rung: 'restart', worked: 2, failed: 0 },
    { rung: 'wait', worked: 0, failed: 2 },
  ]);
});

test('without a past nothing is known', async () => {
  const { database, environmentId } = await world();
  expect(await rungRecords(database, environmentId, FAILURE)).toEqual([]);
});
