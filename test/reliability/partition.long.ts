import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freshDatabase } from '../support/postgres.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { startDetour } from './support/detour.ts';
import { soon, startLight } from './support/light.ts';
import { STEPS } from './support/steps.ts';

const PARTITION_MS = 300_000;
const TIMEOUT_MS = 480_000;

test('a worker that does not reach Postgres for 5 minutes begins nothing new', {
  timeout: TIMEOUT_MS,
}, async () => {
  const databaseUrl = await freshDatabase(migrate);
  const toDatabase = await startDetour(databaseUrl, onTestFinished);
  const forWorkers = { databaseUrl: toDatabase.url };
  const light = await startLight({ databaseUrl, forWorkers }, onTestFinished);
  const held = await light.postHeld();
  toDatabase.stall();
  await light.openGate();
  await waitUntil(async () => (await light.marks()).length === 2, soon('its first stage ends'));
  await pause(PARTITION_MS);
  expect((await light.marks()).map(({ stageId }) => stageId)).toEqual(['one', 'one']);
  expect(await light.rows('select epoch, current_stage as stage from runs')).toEqual([
    { epoch: 1, stage: 'one' },
  ]);
  toDatabase.resume();
  await light.untilSucceeded(held.id, 60_000);
  await light.expectEachOnce();
});

test.skipIf(redisMissing)(
  'a worker that the queue does not reach for 5 minutes completes its runs',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const toQueue = await startDetour(redis.url, onTestFinished);
    const databaseUrl = await freshDatabase(migrate);
    const forWorkers = { redisUrl: toQueue.url };
    const options = { databaseUrl, redisUrl: redis.url, forWorkers, environments: 2 };
    const light = await startLight(options, onTestFinished);
    toQueue.stall();
    const { run } = await light.post(STEPS);
    await light.untilSucceeded(run.id);
    await pause(PARTITION_MS);
    const [, other = ''] = light.folders;
    await light.untilSucceeded((await light.post(STEPS, { folder: other })).run.id);
    toQueue.resume();
    await light.expectEachOnce();
    await light.expectEachOnce(other);
  },
);
