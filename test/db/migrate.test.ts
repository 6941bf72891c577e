import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createDatabase } from '../../db/embedded/databases.ts';
import { newId } from '../../db/id.ts';
import { migrate } from '../../db/migrate.ts';
import { dropDatabase } from '../support/postgres.ts';

const MIGRATE = fileURLToPath(new URL('fixtures/migrate.ts', import.meta.url));
const migrations = readdirSync(new URL('../../db/migrations', import.meta.url)).filter((file) =>
  file.endsWith('.sql'),
);

/** A database without any table. */
async function emptyDatabase(): Promise<{ url: string; sql: postgres.Sql }> {
  const server = inject('postgresUrl');
  const name = `test_${newId().replaceAll('-', '')}`;
  const url = await createDatabase(server, name);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  onTestFinished(async () => {
    await sql.end({ timeout: 1 });
    await dropDatabase(server, name);
  });
  return { url, sql };
}

const applied = async (sql: postgres.Sql) =>
  (await sql`select hash from drizzle.__drizzle_migrations`).map(({ hash }) => hash);
const tables = async (sql: postgres.Sql) =>
  (
    await sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`
  ).map(({ name }) => name);

async function migrateElsewhere(url: string): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', MIGRATE, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = (await once(child, 'exit')) as [number];
  return { code, said };
}

test('four processes and four connections at once apply every migration once', async () => {
  const { url, sql } = await emptyDatabase();
  const processes = Array.from({ length: 4 }, () => migrateElsewhere(url));
  await Promise.all(Array.from({ length: 4 }, () => migrate(url)));
  expect(await Promise.all(processes)).toEqual(processes.map(() => ({ code: 0, said: 'migrated\n' })));
  expect(await applied(sql)).toHaveLength(migrations.length);
  expect(await tables(sql)).toContain('runs');
});

test('a database that is up to date is left alone, with what is in it', async () => {
  const { url, sql } = await emptyDatabase();
  await migrate(url);
  const before = await applied(sql);
  await sql`insert into hosts (name, worker_id, roots, started_at, seen_at) values ('rig-1', 'w', '{}', now(), now())`;
  await migrate(url);
  expect(await applied(sql)).toEqual(before);
  expect(await sql`select name from hosts`).toEqual([{ name: 'rig-1' }]);
});

test('a migration waits for the one that holds the lock, and leaves no lock and no connection behind', async () => {
  const { url, sql } = await emptyDatabase();
  await sql`select pg_advisory_lock(8420001)`;
  let done = false;
  const waiting = migrate(url).then(() => {
    done = true;
  });
  const waits = () => sql`select 1 from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  await expect.poll(waits, { timeout: 10_000 }).toHaveLength(1);
  expect([done, await tables(sql)]).toEqual([false, []]);
  await sql`select pg_advisory_unlock(8420001)`;
  await waiting;
  const others = () =>
    sql`select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  await expect.poll(others, { timeout: 5_000 }).toEqual([]);
  expect(await tables(sql)).toContain('runs');
});

test('one that waits for another for too long says so', async () => {
  const { url, sql } = await emptyDatabase();
  await sql`select pg_advisory_lock(8420001)`;
  await expect(migrate(url, 500)).rejects.toMatchObject({ code: 'database-unavailable' });
  expect(await tables(sql)).toEqual([]);
  await sql`select pg_advisory_unlock_all()`;
  await migrate(url);
  expect(await tables(sql)).toContain('runs');
});
