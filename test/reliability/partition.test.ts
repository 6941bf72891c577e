import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { type Detour, startDetour } from './support/detour.ts';
import { endings } from './support/endings.ts';
import { untilLeaseIsOver } from './support/lease.ts';
import { type Light, soon, startLight } from './support/light.ts';
import { ownPostgres } from './support/own-postgres.ts';
import { STEPS } from './support/steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const LEASE_SECONDS = 4;

const { atEnd, all } = endings();
let toDatabase: Detour;
let toQueue: Detour | undefined;
let light: Light;

beforeAll(async () => {
  const { url: databaseUrl } = await ownPostgres(atEnd);
  toDatabase = await startDetour(databaseUrl, atEnd);
  const options = { databaseUrl, environments: 3, leaseSeconds: LEASE_SECONDS };
  if (redisMissing !== undefined) {
    light = await startLight({ ...options, forWorkers: { databaseUrl: toDatabase.url } }, atEnd);
    return;
  }
  const redis = await startRedis();
  atEnd(() => redis.stop());
  toQueue = await startDetour(redis.url, atEnd);
  const forWorkers = { databaseUrl: toDatabase.url, redisUrl: toQueue.url };
  light = await startLight({ ...options, redisUrl: redis.url, forWorkers }, atEnd);
});
afterAll(all);

test.skipIf(redisMissing)(
  'a worker that the queue does not reach completes its runs by asking Postgres',
  async () => {
    const [folder = ''] = light.folders;
    toQueue?.stall();
    const { status, run } = await light.post(STEPS, { folder });
    expect(status).toBe(202);
    await light.untilSucceeded(run.id);
    toQueue?.resume();
    const [, second = ''] = light.folders;
    await light.untilSucceeded((await light.post(STEPS, { folder: second })).run.id);
    await light.expectEachOnce(folder);
  },
);

test('a worker that does not reach Postgres begins nothing new, and takes up its run where it was', async () => {
  const folder = light.folders[2] ?? '';
  const held = await light.postHeld(folder);
  const { length } = await light.logOf(light.worker);
  toDatabase.stall();
  await untilLeaseIsOver(light, held.id, LEASE_SECONDS);
  await light.openGate(folder);
  await waitUntil(async () => (await light.marks(folder)).length === 2, soon('its first stage ends'));
  await waitUntil(
    async () => (await light.logOf(light.worker)).slice(length).some(({ msg }) => msg.includes('given back')),
    soon('the worker lets go'),
  );
  expect((await light.marks(folder)).map(({ stageId }) => stageId)).toEqual(['one', 'one']);
  const untouched = { epoch: 1, status: 'running', stage: 'one' };
  const state = `select epoch, status, current_stage as stage from runs where id = '${held.id}'`;
  expect(await light.rows(state)).toEqual([untouched]);
  toDatabase.resume();
  const run = await light.untilSucceeded(held.id);
  expect(run.attempts.map(({ stageId }) => stageId)).toEqual(['one', 'two', 'three']);
  await light.expectEachOnce(folder);
});
