import postgres from 'postgres';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createDatabase } from '../../db/embedded/databases.ts';
import { newId } from '../../db/id.ts';
import { lookAtDatabase } from '../../db/look.ts';
import { migrate } from '../../db/migrate.ts';
import { dropDatabase } from '../support/postgres.ts';

async function emptyDatabase(): Promise<string> {
  const server = inject('postgresUrl');
  const name = `test_${newId().replaceAll('-', '')}`;
  onTestFinished(async () => await dropDatabase(server, name));
  return await createDatabase(server, name);
}

test('a look tells what is missing of the schema, and that a newer version was there', async () => {
  const url = await emptyDatabase();
  const before = Date.now();
  const empty = await lookAtDatabase(url);
  expect(empty).toMatchObject({ major: 18, isNewer: false, readOnly: false });
  expect(empty.pendingMigrations).toBeGreaterThan(4);
  // Its clock is ours: it cannot be off by more than the look took.
  expect(Math.abs(empty.clockAheadMs)).toBeLessThanOrEqual(Date.now() - before + 1);

  await migrate(url);
  expect(await lookAtDatabase(url)).toMatchObject({ pendingMigrations: 0, isNewer: false });
  const sql = postgres(url, { max: 1 });
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 99999999999999)`;
  await sql`select set_config('default_transaction_read_only', 'on', false)`;
  await sql.end();
  expect(await lookAtDatabase(url)).toMatchObject({ isNewer: true });
});

test('where nobody answers, it says why', async () => {
  await expect(lookAtDatabase('postgres://u:p@127.0.0.1:1/x')).rejects.toThrow('ECONNREFUSED');
});
