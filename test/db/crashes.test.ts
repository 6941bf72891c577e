import { expect, test } from 'vitest';
import { forgetCrashes, recordCrash } from '../../db/crashes.ts';
import { endMaintenance, setMaintenance } from '../../db/maintenance.ts';
import { claimed, type World, world } from './fixtures/world.ts';

const crash = (here: World, key: string, { component = 'pool', minutesAgo = 0 } = {}) =>
  recordCrash(here.database, {
    environmentId: here.environmentId,
    component,
    key,
    happenedMsAgo: minutesAgo * 60_000,
    windowMinutes: 10,
  });

test('each end of a process counts once, however often it is told', async () => {
  const here = await world();
  expect(await crash(here, '10/1')).toBe(1);
  expect(await crash(here, '10/1')).toBe(1);
  expect(await crash(here, '11/2')).toBe(2);
  expect(await crash(here, '11/2', { component: 'daemon' })).toBe(1);
  const together = await Promise.all(Array.from({ length: 5 }, () => crash(here, '12/3')));
  expect(together.every((count) => count === 3 || count === 2)).toBe(true);
  expect(await crash(here, '12/3')).toBe(3);
});

test('only what happened within the window counts, and no clock but that of the database', async () => {
  const here = await world();
  await crash(here, 'old', { minutesAgo: 11 });
  expect(await crash(here, 'recent', { minutesAgo: 9 })).toBe(1);
  expect(await crash(here, 'second')).toBe(2);
  await here.sql`update component_crashes set happened_at = happened_at - interval '2 minutes'`;
  expect(await crash(here, 'now')).toBe(2);
  await here.sql`update component_crashes set happened_at = happened_at - interval '8 days'`;
  await crash(here, 'much later');
  expect(await here.sql`select key from component_crashes`).toMatchObject([{ key: 'much later' }]);
});

test('are forgotten after a reset, and at the end of maintenance', async () => {
  const here = await world();
  await crash(here, '1');
  const { id: runId, epoch } = await claimed(here);
  expect(await forgetCrashes(here.database, { runId, epoch: epoch - 1 })).toBe(false);
  expect(await crash(here, '1')).toBe(1);
  expect(await forgetCrashes(here.database, { runId, epoch })).toBe(true);
  expect(await crash(here, '2')).toBe(1);
  await endMaintenance(here.database, here.environmentId);
  expect(await crash(here, '3'), 'there was no maintenance to end').toBe(2);
  await setMaintenance(here.database, here.environmentId, { reason: null, by: 'k' });
  await endMaintenance(here.database, here.environmentId);
  expect(await crash(here, '4')).toBe(1);
});
