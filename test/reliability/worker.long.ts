import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freshDatabase } from '../support/postgres.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { soon, startLight } from './support/light.ts';
import { STEPS } from './support/steps.ts';

const FROZEN_MS = 90_000;
const BLOCKED_MS = 90_000;
const OUTAGE_MS = 60_000;
/** For waits that the correct code ends long before. */
const AMPLE_MS = 60_000;

async function ownRedis() {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return redis;
}

test('a worker that is frozen for 90 s, with another one waiting, goes on with its run', {
  timeout: 240_000,
}, async () => {
  const light = await startLight({ databaseUrl: await freshDatabase(migrate), workers: 2 }, onTestFinished);
  light.workers[1]?.start();
  const held = await light.postHeld();
  light.worker.signal('SIGSTOP');
  await light.openGate();
  await pause(FROZEN_MS);
  expect(await light.rows(`select epoch, status from runs`)).toEqual([{ epoch: 1, status: 'running' }]);
  light.worker.signal('SIGCONT');
  await light.untilSucceeded(held.id);
  await light.expectEachOnce();
});

test.each(['intent', 'act'] as const)(
  'a worker whose event loop is blocked at the failpoint %s ends after 15 s, and its next life goes on',
  { timeout: 240_000 },
  async (point) => {
    const light = await startLight({ databaseUrl: await freshDatabase(migrate) }, onTestFinished);
    const armed = await light.arm(point, `block ${BLOCKED_MS}`);
    const { run } = await light.post(STEPS);
    await waitUntil(() => !existsSync(armed), soon('the event loop is blocked'));
    await waitUntil(() => light.worker.ends === 1, soon('the worker ends', AMPLE_MS));
    const last = (await light.logOf(light.worker)).map(({ msg }) => msg);
    expect(last).toContain('the event loop has been blocked for 15 s; ending this process');
    await light.untilSucceeded(run.id, 60_000);
    await light.expectEachOnce();
  },
);

test.skipIf(redisMissing)(
  'a Redis that is away for a minute: the running stage goes on',
  { timeout: 240_000 },
  async () => {
    const redis = await ownRedis();
    const databaseUrl = await freshDatabase(migrate);
    const light = await startLight({ databaseUrl, redisUrl: redis.url, environments: 2 }, onTestFinished);
    const held = await light.postHeld();
    await redis.kill();
    await pause(OUTAGE_MS);
    await redis.restart();
    await light.openGate();
    await light.untilSucceeded(held.id);
    await light.expectEachOnce();
  },
);

test.skipIf(redisMissing)(
  'a Redis that is frozen for a minute: runs complete meanwhile, once',
  { timeout: 240_000 },
  async () => {
    const redis = await ownRedis();
    const databaseUrl = await freshDatabase(migrate);
    const light = await startLight({ databaseUrl, redisUrl: redis.url, environments: 2 }, onTestFinished);
    redis.freeze();
    const frozenAt = performance.now();
    const { status, run } = await light.post(STEPS);
    expect(status).toBe(202);
    await light.untilSucceeded(run.id).finally(async () => {
      await pause(Math.max(0, OUTAGE_MS - (performance.now() - frozenAt)));
      redis.thaw();
    });
    const [, other = ''] = light.folders;
    await light.untilSucceeded((await light.post(STEPS, { folder: other })).run.id);
    await light.expectEachOnce();
  },
);

test.skipIf(redisMissing)(
  'a worker with a stage at work and a dead queue ends when it is told to',
  { timeout: 120_000 },
  async () => {
    const redis = await ownRedis();
    const databaseUrl = await freshDatabase(migrate);
    const light = await startLight({ databaseUrl, redisUrl: redis.url }, onTestFinished);
    const held = await light.postHeld();
    await redis.kill();
    light.worker.signal('SIGTERM');
    await waitUntil(() => light.worker.ends === 1, soon('the worker ends', AMPLE_MS));
    await light.openGate();
    await light.untilSucceeded(held.id, 60_000);
    await light.expectEachOnce();
  },
);

test('a run that ends its worker each time is given to a person after the third, with one notice', {
  timeout: 90_000,
}, async () => {
  const light = await startLight({ databaseUrl: await freshDatabase(migrate) }, onTestFinished);
  const first = await light.arm('intent', 'kill');
  const { run } = await light.post(STEPS);
  await waitUntil(() => !existsSync(first), soon('the worker is killed'));
  for (let times = 2; times <= 3; times++) {
    const again = await light.arm('intent', 'kill');
    await waitUntil(() => !existsSync(again), soon(`the worker is killed for the ${times}. time`));
  }
  await waitUntil(async () => {
    const [row] = await light.rows<{ outcome: string }>(`select outcome from runs where id = '${run.id}'`);
    return row?.outcome === 'crash_loop';
  }, soon('the run is escalated'));
  expect(await light.marks()).toEqual([]);
  expect(await light.rows('select count(*)::int as notices from notices')).toEqual([{ notices: 1 }]);
});
