import { existsSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { type Detour, startDetour } from './support/detour.ts';
import { endings } from './support/endings.ts';
import { type Answer, type Light, soon, startLight } from './support/light.ts';
import { type OwnPostgres, ownPostgres } from './support/own-postgres.ts';
import { SINGLE, STEPS } from './support/steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

/** What the API promises of a Postgres that is away. */
const CONTRACT_REFUSE_MS = 3_000;
/** What an attempt logs when it cannot save, or cannot be given back. */
const AWAY = /database is away|could not be given back/;
/** What the API has. */
const CONNECTIONS = 10;
const REQUESTS = 14;

const { atEnd, all } = endings();
let postgres: OwnPostgres;
let way: Detour;
let light: Light;

beforeAll(async () => {
  postgres = await ownPostgres(atEnd);
  way = await startDetour(postgres.url, atEnd);
  const forApi = { databaseUrl: way.url };
  light = await startLight({ databaseUrl: postgres.url, forApi, environments: 9 }, atEnd);
});
afterAll(all);

let taken = 0;
const nextFolder = () => light.folders[taken++] ?? '';

const statusOf = async (answer: Promise<Pick<Answer, 'status'>>) => (await answer).status;

async function runsOnceItIsBack(): Promise<void> {
  const folder = nextFolder();
  const { run } = await waitUntil(
    async () => {
      const answer = await light.post(STEPS, { folder, key: folder });
      return answer.status === 202 ? answer : null;
    },
    soon('a run is accepted again', 10_000),
  );
  await light.untilSucceeded(run.id);
  await light.expectEachOnce(folder);
}

describe.each([
  { how: 'restarted', stop: () => postgres.stop() },
  { how: 'shut down at once', stop: () => postgres.stopAtOnce() },
])('Postgres $how', ({ stop }) => {
  test('is told within 3 s; what was accepted is kept, what is at work is neither lost nor done twice', async () => {
    const folder = nextFolder();
    const held = await light.postHeld(folder);
    const accepted = await light.post(STEPS, { folder, key: folder });
    expect(accepted.status).toBe(202);
    await stop();
    const answers = await Promise.all([light.post(STEPS), light.ask('/v1/runs')]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(CONTRACT_REFUSE_MS);
    await light.openGate(folder);
    await waitUntil(async () => (await light.marks(folder)).length === 2, soon('its first stage ends'));
    await postgres.start();
    await light.untilSucceeded(held.id);
    await light.untilSucceeded(accepted.run.id);
    const stages = (await light.marks(folder)).map(({ stageId }) => stageId);
    expect(stages).toEqual(['one', 'two', 'three', 'one', 'two', 'three'].flatMap((id) => [id, id]));
    await runsOnceItIsBack();
  });
});

test('Postgres away while a health check looks: the run is given back and succeeds, with no failure of its stack', async () => {
  const stopped = await light.arm('intent', 'stop');
  const { run } = await light.post('mining-health-check', { folder: nextFolder() });
  await waitUntil(() => !existsSync(stopped), soon('its attempt is saved as begun'));
  const { length } = await light.logOf(light.worker);
  await postgres.stop();
  light.worker.signal('SIGCONT');
  await waitUntil(
    async () => (await light.logOf(light.worker)).slice(length).some(({ msg }) => AWAY.test(msg)),
    soon('the stage misses Postgres'),
  );
  await postgres.start();
  const { attempts } = await light.untilSucceeded(run.id);
  expect(attempts).toMatchObject([{ stageId: 'check_health', status: 'succeeded' }]);
  expect(await light.rows(`select id from incidents where run_id = '${run.id}'`)).toEqual([]);
});

test('a door in front of Postgres that closes at each connect: refused, and nothing hangs', async () => {
  way.hangUp();
  expect(await statusOf(light.post(STEPS))).toBe(503);
  expect(await statusOf(light.ask('/v1/runs'))).toBe(503);
  expect((await light.ask('/healthz')).status).toBe(200);
  way.resume();
  await runsOnceItIsBack();
});

test('with every connection of the API busy: 503 while they are, the heartbeat goes on, nothing is lost or doubled', async () => {
  const folder = nextFolder();
  const seenAt = async () =>
    (await light.rows<{ seen: string }>('select seen_at::text as seen from hosts'))[0]?.seen;
  const waitingForLock = async () =>
    (await light.rows<{ count: number }>('select count(*)::int from pg_locks where not granted'))[0]?.count ??
    0;
  const keys = Array.from({ length: REQUESTS }, (_, index) => `busy-${index}`);
  const stuck = await light.database.query(
    (db) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`lock table idempotency_keys in access exclusive mode`);
        const before = await seenAt();
        const posts = keys.map((key) => light.post(SINGLE, { folder, key }));
        await waitUntil(
          async () => (await waitingForLock()) >= CONNECTIONS,
          soon('every connection is busy'),
        );
        expect(await statusOf(light.ask('/v1/runs'))).toBe(503);
        await waitUntil(async () => (await seenAt()) !== before, soon('the heartbeat goes on'));
        return posts;
      }),
    20_000,
  );
  const refused = (await Promise.all(stuck)).filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  const again = await Promise.all(keys.map((key) => light.post(SINGLE, { folder, key })));
  for (const { run } of again) await light.untilSucceeded(run.id);
  const [counted] = await light.rows<{ runs: number }>(
    `select count(*)::int as runs from runs where working_directory = '${folder}'`,
  );
  expect(counted?.runs).toBe(REQUESTS);
});

const ADMIN = {
  'read-only': {
    on: ['alter system set default_transaction_read_only = on', 'select pg_reload_conf()'],
    off: [
      'set default_transaction_read_only = off',
      'alter system set default_transaction_read_only = off',
      'select pg_reload_conf()',
    ],
  },
  'full disk': {
    on: [
      `create function full_disk() returns trigger language plpgsql as
         $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`,
      'create trigger full_disk before insert or update on runs execute function full_disk()',
    ],
    off: ['drop function full_disk cascade'],
  },
};

test.each(['read-only', 'full disk'] as const)(
  '%s: refused, and nothing is done without a saved intent',
  async (how) => {
    const folder = nextFolder();
    const held = await light.postHeld(folder);
    const { length } = await light.logOf(light.worker);
    for (const statement of ADMIN[how].on) await light.rows(statement);
    await waitUntil(async () => (await light.post(STEPS)).status === 503, soon('requests are refused'));
    expect(await statusOf(light.post(STEPS))).toBe(503);
    await light.openGate(folder);
    await waitUntil(
      async () =>
        (await light.logOf(light.worker)).slice(length).some(({ msg }) => msg.includes('database is away')),
      soon('the worker notices'),
    );
    expect((await light.marks(folder)).map(({ word, stageId }) => `${word} ${stageId}`)).toEqual([
      'begin one',
      'end one',
    ]);
    await light.database.query(async (db) => {
      for (const statement of ADMIN[how].off) await db.execute(sql.raw(statement));
    });
    await light.untilSucceeded(held.id);
    await light.expectEachOnce(folder);
  },
);
