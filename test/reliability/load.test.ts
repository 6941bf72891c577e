import { describe, onTestFinished, test, vi } from 'vitest';
import { redisMissing, startRedis } from '../support/redis.ts';
import { queueUp } from './support/queue-up.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const RUNS = 500;

describe.each([
  { broker: 'Postgres', missing: undefined, url: async () => undefined },
  { broker: 'Redis', missing: redisMissing, url: redisUrl },
])('a queue on $broker', ({ missing, url }) => {
  test.skipIf(missing)(
    'with many runs that wait: memory stays flat, and no more jobs than runs wait',
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
