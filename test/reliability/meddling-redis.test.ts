import { afterAll, beforeAll, describe, test } from 'vitest';
import { redisMissing, startRedis } from '../support/redis.ts';
import { endings } from './support/endings.ts';
import { meddle, pauseQueues, type Scene, scene } from './support/meddling-test.ts';

describe.skipIf(redisMissing)('whoever has a broker on Redis in hands', () => {
  const works = endings();
  let here: Scene;

  beforeAll(async () => {
    const redis = await startRedis();
    works.atEnd(() => redis.stop());
    here = await scene(redis.url, works);
  });
  afterAll(works.all);

  test('and forges, edits, promotes, retries or deletes jobs does no harm', () => meddle(here));

  test('and pauses its queues slows runs down, and no more', () => pauseQueues(here));
});
