import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';
import type { TestProject } from 'vitest/node';
import { createDatabase, databaseUrl } from '../../db/embedded/databases.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded/launcher.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

/** Brings an empty database to the current schema, and leaves no connection behind. */
export type Migrate = (url: string) => Promise<void>;

const DIRECTORY_PREFIX = 'davylamp-tests-';
const KEPT_FOR_MS = 7 * 24 * 60 * 60 * 1000;
const TEMPLATE = 'migrated';
const DRAFT = 'migrating';
const TEST_PREFIX = 'test_';
const IDLE_SECONDS = 10;

/** No test cuts the power, so nothing waits for the disk; what is committed still survives kill -9. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', wal_init_zero: 'off' };

/** Vitest's global setup: one Postgres for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeOldDirectories();
  const dataDir = await mkdtemp(join(tmpdir(), DIRECTORY_PREFIX));
  const server = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  project.provide('postgresUrl', server.url);
  return () => teardown(server, dataDir);
}

/**
 * The URL of a migrated database for the running test alone. It is dropped afterwards, with the connections to
 * it; that of a failed test is kept and named. Close your clients in an `onTestFinished` of your own.
 */
export async function freshDatabase(migrate: Migrate): Promise<string> {
  const server = inject('postgresUrl');
  keeper ??= {
    sql: postgres(server, { max: 1, idle_timeout: IDLE_SECONDS, onnotice: () => {} }),
    ready: ensureTemplate(server, migrate),
  };
  const { sql, ready } = keeper;
  await ready;
  const name = `${TEST_PREFIX}${randomBytes(6).toString('hex')}`;
  // A copy of files costs half of what a copy through the log does, and is dropped five times as fast.
  await sql`create database ${sql(name)} template ${sql(TEMPLATE)} strategy file_copy`;
  const url = databaseUrl(server, name);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') return console.log(`"${task.name}" failed; its database is ${url}`);
    await sql`drop database ${sql(name)} with (force)`;
  });
  return url;
}

/** What makes the databases of all tests of a process: a connection of its own for each would cost more than a copy. */
let keeper: { sql: postgres.Sql; ready: Promise<void> } | null = null;

/** Drops a database, and the connections to it; one that is not there is fine. */
export async function dropDatabase(server: string, name: string): Promise<void> {
  const sql = postgres(server, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await sql`drop database if exists ${sql(name)} with (force)`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Made by the first test that asks, while those of other workers wait; it gets its name when it is complete. */
async function ensureTemplate(server: string, migrate: Migrate): Promise<void> {
  const sql = postgres(server, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(hashtext(${TEMPLATE}))`;
    const [found] = await sql`select 1 from pg_database where datname = ${TEMPLATE}`;
    if (found !== undefined) return;
    await dropDatabase(server, DRAFT);
    await migrate(await createDatabase(server, DRAFT));
    await sql`alter database ${sql(DRAFT)} rename to ${sql(TEMPLATE)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function teardown(server: EmbeddedPostgres, dataDir: string): Promise<void> {
  const kept = await keptDatabases(server.url).catch(() => []);
  await server.stop();
  if (kept.length === 0) return rm(dataDir, { recursive: true, force: true });
  const urls = kept.map((name) => databaseUrl(server.url, name)).join('\n  ');
  console.log(
    `Databases of failed tests, once startEmbeddedPostgres({ dataDir: '${dataDir}' }) runs:\n  ${urls}`,
  );
}

async function keptDatabases(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 2 });
  try {
    const rows = await sql<{ datname: string }[]>`select datname from pg_database
      where starts_with(datname, ${TEST_PREFIX}) order by datname`;
    return rows.map(({ datname }) => datname);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function removeOldDirectories(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(DIRECTORY_PREFIX));
  for (const path of names.map((name) => join(tmpdir(), name))) {
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > KEPT_FOR_MS) await rm(path, { recursive: true, force: true });
  }
}
