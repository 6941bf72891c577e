import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { migrate } from '../../db/migrate.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { ask, codeOf, postRun, startApi, type TestApi, temporaryFolder } from './support/api.ts';

async function timed(api: TestApi, path: string) {
  const startedAt = performance.now();
  const answer = path === 'POST' ? await postRun(api) : await ask(api, path);
  const { status, headers } = answer;
  return {
    verdict: `${status} ${codeOf(answer)}`,
    retryAfter: headers.get('retry-after'),
    text: JSON.stringify(answer.body),
    durationMs: performance.now() - startedAt,
  };
}

const ROUTES = ['POST', '/v1/runs', '/v1/hosts', '/readyz', '/queues'];

test('with Postgres down everything is 503 within 3 s, and works again when it is back', {
  timeout: 120_000,
}, async () => {
  const dataDir = await temporaryFolder();
  const settings = { fsync: 'off' };
  const first = await startEmbeddedPostgres({ dataDir, settings });
  onTestFinished(() => first.stop());
  await migrate(first.url);
  const api = await startApi({ databaseUrl: first.url });
  const run = await postRun(api);
  expect(run.status).toBe(202);
  const following = timed(api, `/v1/runs/${run.body.id}?wait=30`);

  await first.stop();
  const answers = await Promise.all([following, ...ROUTES.map((path) => timed(api, path))]);
  for (const { verdict, retryAfter, durationMs, text } of answers) {
    expect(verdict).toBe('503 database-unavailable');
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(durationMs).toBeLessThan(6_000);
    expect(text).not.toMatch(/127\.0\.0\.1|postgres:|ECONN|select/);
  }
  expect(Math.max(...answers.slice(1).map(({ durationMs }) => durationMs))).toBeLessThan(3_000);
  expect((await ask(api, '/healthz')).status).toBe(200);

  const second = await startEmbeddedPostgres({ dataDir, settings });
  onTestFinished(() => second.stop());
  const again = async () => (await ask(api, `/v1/runs/${run.body.id}`)).status;
  await expect.poll(again, { timeout: 10_000 }).toBe(200);
  expect((await postRun(api)).status).toBe(202);
});

test('with every connection busy it is 503 within 2 s', async () => {
  const api = await startApi();
  const stuck = Array.from({ length: 10 }, () =>
    api.database.query((db) => db.execute('select pg_sleep(3)'), 10_000),
  );
  const { verdict, durationMs } = await timed(api, '/v1/hosts');
  expect(verdict).toBe('503 database-unavailable');
  expect(durationMs).toBeLessThan(2_500);
  await Promise.all(stuck);
  expect((await ask(api, '/v1/hosts')).status).toBe(200);
});

test.skipIf(redisMissing)('with the queue frozen or dead, runs are accepted all the same', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const api = await startApi({ redisUrl: redis.url });
  await postRun(api);
  const queue = async () => (await ask(api, '/readyz')).body.queue;
  expect(await queue()).toBe('ok');
  const accept = async () => {
    const startedAt = performance.now();
    const { status } = await postRun(api);
    return { status, isQuick: performance.now() - startedAt < 1_000 };
  };

  redis.freeze();
  expect(await accept()).toEqual({ status: 202, isQuick: true });
  const board = await timed(api, '/queues/api/queues');
  expect(board.verdict).toBe('503 queue-unavailable');
  redis.thaw();

  await redis.kill();
  expect(await accept()).toEqual({ status: 202, isQuick: true });
  expect(await queue()).toBe('unavailable');
  await expect
    .poll(() => api.logs.find(({ message }) => message.includes('wake-up call'))?.data?.result)
    .toMatch(/failed|ambiguous/);
});
