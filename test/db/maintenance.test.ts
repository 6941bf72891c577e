import { expect, test } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { WATCH_PIPELINE } from '../../core/recovery.ts';
import { listEnvironments, registerEnvironment } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { newId } from '../../db/id.ts';
import { endMaintenance, environmentMode, setMaintenance } from '../../db/maintenance.ts';
import { insertOwnRun, watchRuns } from '../../db/runs.ts';
import { healing } from '../core/fixtures/pipelines.ts';
import { accept, HOST, newRun, type World, world } from './fixtures/world.ts';

const mode = (here: World) => environmentMode(here.database, here.environmentId);
const begin = (here: World, reason: string | null, by = 'k1') =>
  setMaintenance(here.database, here.environmentId, { reason, by });

test('maintenance begins once, keeps its beginning, and ends', async () => {
  const here = await world();
  expect(await mode(here)).toEqual({ maintenance: null, maintenanceEndedAt: null });
  await begin(here, 'new "disk"; --');
  const first = await mode(here);
  expect(first.maintenance).toEqual({ since: expect.any(String), reason: 'new "disk"; --', by: 'k1' });
  expect(new Date(first.maintenance?.since ?? '').toISOString()).toBe(first.maintenance?.since);
  await begin(here, null, 'k2');
  expect((await mode(here)).maintenance).toEqual({ ...first.maintenance, by: 'k2' });
  await begin(here, 'another');
  expect((await mode(here)).maintenance).toMatchObject({
    since: first.maintenance?.since,
    reason: 'another',
  });
  await endMaintenance(here.database, here.environmentId);
  const ended = await mode(here);
  expect(ended).toEqual({ maintenance: null, maintenanceEndedAt: expect.any(Date) });
  await endMaintenance(here.database, here.environmentId);
  expect(await mode(here)).toEqual(ended);
  await begin(here, null);
  expect((await mode(here)).maintenance?.reason).toBeNull();
  expect(await environmentMode(here.database, newId())).toMatchObject({ maintenance: null });
});

/** A run of the watch, as it starts one for a fault that it found. */
async function watchFinds(here: World): Promise<string | null> {
  const { workerId } = here.claimant;
  const sighting = { detectedMsAgo: 0, occurredMsAgo: 0 };
  const run = newRun(here, { ...healing, id: WATCH_PIPELINE });
  return (await insertOwnRun(here.database, { ...run, workerId, leaseSeconds: 60, sighting }))?.id ?? null;
}

test('during maintenance the watch starts nothing, though it looked before it had begun', async () => {
  const here = await world();
  const [started] = await here.sql.begin(async (tx) => {
    await tx`update environments set maintenance = '{}' where id = ${here.environmentId}`;
    const starting = watchFinds(here);
    const waits = () => here.sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(waits).toHaveLength(1);
    return [starting];
  });
  expect(await started).toBeNull();
  await endMaintenance(here.database, here.environmentId);
  expect(await watchFinds(here)).not.toBeNull();
});

test('the runs of the watch are known from those that somebody asked for', async () => {
  const here = await world();
  const own = await watchFinds(here);
  await accept(here, { ...healing, id: WATCH_PIPELINE });
  expect(await watchRuns(here.database, here.environmentId)).toEqual([own]);
  expect(await watchRuns(here.database, newId())).toEqual([]);
});

test('the health that was seen is kept, and not believed of a stack in another folder', async () => {
  const here = await world();
  const health = { healthy: true, diagnoses: [], components: [] };
  await recordHealth(here.database, here.environmentId, health);
  const [seen] = await listEnvironments(here.database);
  expect(seen).toMatchObject({ health, healthAt: expect.any(Date) });
  const parsed = parseEnvironment({ name: 'lab', daemon: {}, pool: {} });
  if (!parsed.ok) throw new Error('no environment');
  const found = { host: HOST, workingDirectory: '/srv/lab', definition: parsed.environment };
  expect(await registerEnvironment(here.database, found)).toMatchObject({ health });
  expect(await registerEnvironment(here.database, { ...found, workingDirectory: '/opt/lab' })).toMatchObject({
    health: null,
    healthAt: null,
  });
});
