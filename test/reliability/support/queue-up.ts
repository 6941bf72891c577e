import { expect, onTestFinished } from 'vitest';
import { migrate } from '../../../db/migrate.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { soon, startLight } from './light.ts';
import { memoryOf, openCounter, postMany, unfinishedRuns } from './load.ts';

/** What a process may grow by, in MiB, while its runs become nine times as many. */
const GROWTH_MIB = 64;
const DRAINED = 3;

/** Lets runs pile up behind one that is held, counts jobs and memory, and lets some of them through. */
export async function queueUp({ runs, redisUrl }: { runs: number; redisUrl?: string | undefined }) {
  const databaseUrl = await freshDatabase(migrate);
  const broker = { databaseUrl, ...(redisUrl !== undefined && { redisUrl }) };
  const light = await startLight(broker, onTestFinished);
  const jobs = await openCounter(broker, onTestFinished);
  const services = [light.api, light.worker];
  const memory = () => Promise.all(services.map(memoryOf));
  const expectFewJobs = async () => expect(await jobs()).toBeLessThanOrEqual(await unfinishedRuns(light));

  const held = await light.postHeld();
  await postMany(light, Math.round(runs / 10));
  const before = await memory();
  for (let tenth = 2; tenth <= 10; tenth++) {
    await postMany(light, Math.round(runs / 10));
    await expectFewJobs();
  }
  const after = await memory();
  const growth = after.map((mib, index) => mib - (before[index] ?? 0));
  expect(Math.max(...growth)).toBeLessThan(GROWTH_MIB);

  const unfinished = await unfinishedRuns(light);
  await light.openGate();
  await light.untilSucceeded(held.id);
  await waitUntil(
    async () => (await unfinishedRuns(light)) <= unfinished - DRAINED,
    soon('runs get through', 60_000),
  );
  await expectFewJobs();
}
