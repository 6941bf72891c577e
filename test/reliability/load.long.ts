import { describe, onTestFinished, test } from 'vitest';
import { redisMissing, startRedis } from '../support/redis.ts';
import { queueUp } from './support/queue-up.ts';

const RUNS = 10_000;
const TIMEOUT_MS = 1_200_000;

describe.each([
  { broker: 'Postgres', missing: undefined, url: async () => undefined },
  { broker: 'Redis', missing: redisMissing, url: redisUrl },
])('a queue on $broker', ({ missing, url }) => {
  test.skipIf(missing)(
    'with many runs that wait: memory stays flat, and no more jobs than runs wait',
    { timeout: TIMEOUT_MS },
    async () => {
      await queueUp({ runs: RUNS, redisUrl: await url() });
    },
  );
});

async function redisUrl(): Promise<string> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return redis.url;
}
