import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobId } from '../../queue/names.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { redisMissing, startRedis, type TestRedis } from '../support/redis.ts';
import { endings } from './support/endings.ts';
import { soon } from './support/light.ts';
import { STAGES } from './support/meddling.ts';
import { meddle, pauseQueues, type Scene, SLOWED_MS, scene } from './support/meddling-test.ts';
import { SINGLE } from './support/steps.ts';

describe.skipIf(redisMissing)('whoever has a broker on Redis in hands', () => {
  const works = endings();
  let here: Scene;
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
    works.atEnd(() => redis.stop());
    here = await scene(redis.url, works);
  });
  afterAll(works.all);

  test('and forges, edits, promotes, retries, deletes or spoils jobs does no harm', () =>
    meddle(here, () => spoil(here, redis)));

  test('and pauses its queues slows runs down, and no more', () => pauseQueues(here));
});

/** A job that nobody can read: its run ends, and so do those behind it. */
async function spoil({ light, hand }: Scene, redis: TestRedis): Promise<void> {
  const [, other = '', , folder = ''] = light.folders;
  await hand.queue('stages').pause();
  const { run } = await light.post(SINGLE, { folder });
  const job = `davylamp:${STAGES}:${jobId({ runId: run.id, dispatch: 1 })}`;
  await waitUntil(async () => (await redis.command('EXISTS', job)).startsWith(':1'), soon('its call waits'));
  expect(await redis.command('HSET', job, 'data', '{"runId', 'opts', 'x')).toBe(':0\r\n');
  await hand.queue('stages').resume();
  const next = await light.post(SINGLE, { folder: other });
  await light.untilSucceeded(next.run.id, SLOWED_MS);
  await light.untilSucceeded(run.id, SLOWED_MS);
  expect((await light.marks(folder)).map(({ word }) => word)).toEqual(['begin', 'end']);
}
