import postgres from 'postgres';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withBudget } from '../../api/guards/budget.ts';
import type { Database } from '../../db/connection.ts';
import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { migrate } from '../../db/migrate.ts';
import { freshDatabase } from '../support/postgres.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { ask, codeOf, postRun, startApi, type TestApi, temporaryFolder } from './support/api.ts';

async function asked(api: TestApi, path: string) {
  const answer = path === 'POST' ? await postRun(api) : await ask(api, path);
  const { status, headers } = answer;
  return {
    verdict: `${status} ${codeOf(answer)}`,
    retryAfter: headers.get('retry-after'),
    text: JSON.stringify(answer.body),
  };
}

/** What the API has. */
const CONNECTIONS = 10;
const ROUTES = ['POST', '/v1/runs', '/v1/hosts', '/readyz', '/queues'];

test('with Postgres down everything is 503, and works again when it is back', {
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
  const following = asked(api, `/v1/runs/${run.body.id}?wait=30`);

  await first.stop();
  const answers = await Promise.all([following, ...ROUTES.map((path) => asked(api, path))]);
  for (const { verdict, retryAfter, text } of answers) {
    expect(verdict).toBe('503 database-unavailable');
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(text).not.toMatch(/127\.0\.0\.1|postgres:|ECONN|select/);
  }
  expect((await ask(api, '/healthz')).status).toBe(200);

  const second = await startEmbeddedPostgres({ dataDir, settings });
  onTestFinished(() => second.stop());
  const again = async () => (await ask(api, `/v1/runs/${run.body.id}`)).status;
  await expect.poll(again, { timeout: 10_000 }).toBe(200);
  expect((await postRun(api)).status).toBe(202);
});

test('a query of a request may take 1.8 s, and all of them together 8 s', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const allowed: (number | undefined)[] = [];
  const inner = {
    query: async (_: unknown, timeoutMs = 0) => {
      allowed.push(timeoutMs);
      vi.advanceTimersByTime(timeoutMs);
    },
  };
  const database = withBudget(inner as unknown as Database);
  for (let query = 1; query <= 6; query++) await database.query(async () => {});
  expect(allowed).toEqual([1_800, 1_800, 1_800, 1_800, 800, 1]);
});

test('with every connection busy it is 503, and does not wait for one', async () => {
  const databaseUrl = await freshDatabase(migrate);
  const api = await startApi({ databaseUrl });
  const gate = postgres(databaseUrl, { max: 2, onnotice: () => {} });
  onTestFinished(() => gate.end({ timeout: 1 }));
  const holder = await gate.reserve();
  await holder`select pg_advisory_lock(7)`;
  const stuck = Array.from({ length: CONNECTIONS }, () =>
    api.database.query((db) => db.execute('select pg_advisory_xact_lock(7)'), 60_000),
  );
  const busy = () => gate`select 1 from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  await expect.poll(busy, { timeout: 10_000 }).toHaveLength(CONNECTIONS);
  expect((await asked(api, '/v1/hosts')).verdict).toBe('503 database-unavailable');
  expect(await busy()).toHaveLength(CONNECTIONS);
  await holder`select pg_advisory_unlock(7)`;
  holder.release();
  await Promise.all(stuck);
  expect((await ask(api, '/v1/hosts')).status).toBe(200);
});

test('a run is accepted by a queue that never says whether it took its call', async () => {
  const api = await startApi();
  const enqueue = vi.spyOn(api.dispatcher, 'enqueue').mockReturnValue(new Promise(() => {}));
  expect((await postRun(api)).status).toBe(202);
  expect(enqueue).toHaveBeenCalledOnce();
});

test.skipIf(redisMissing)('with the queue frozen or dead, runs are accepted all the same', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const api = await startApi({ redisUrl: redis.url });
  await postRun(api);
  const queue = async () => (await ask(api, '/readyz')).body.queue;
  expect(await queue()).toBe('ok');

  redis.freeze();
  expect((await postRun(api)).status).toBe(202);
  const board = await asked(api, '/queues/api/queues');
  expect(board.verdict).toBe('503 queue-unavailable');
  redis.thaw();

  await redis.kill();
  expect((await postRun(api)).status).toBe(202);
  expect(await queue()).toBe('unavailable');
  await expect
    .poll(() => api.logs.find(({ message }) => message.includes('wake-up call'))?.data?.result)
    .toMatch(/failed|ambiguous/);
});
