import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { z } from 'zod';

/** What somebody's Postgres is like, for those who ask whether it will do. */
export interface DatabaseFacts {
  /** `16.4` */
  version: string;
  major: number;
  /** Migrations that it lacks; all of them where Davylamp never used it. */
  pendingMigrations: number;
  /** It has some that this version does not know: a newer Davylamp has used it. */
  isNewer: boolean;
  readOnly: boolean;
  /** How far its clock is ahead of ours, in ms; the time of the answer's way is taken out. */
  clockAheadMs: number;
}

const CONNECT_TIMEOUT_SECONDS = 3;
const JOURNAL = new URL('./migrations/meta/_journal.json', import.meta.url);
const journalSchema = z.object({ entries: z.array(z.object({ when: z.number() })) });

/** Looks at a database and changes nothing. Rejects with what the driver says; the caller sets the deadline. */
export async function lookAtDatabase(url: string): Promise<DatabaseFacts> {
  const sql = postgres(url, { max: 1, connect_timeout: CONNECT_TIMEOUT_SECONDS, onnotice: () => {} });
  try {
    const [server] = await sql<[{ version: string; number: number; read_only: boolean }]>`
      select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
        current_setting('transaction_read_only')::boolean or pg_is_in_recovery() as read_only`;
    const askedAt = Date.now();
    const [clock] = await sql<[{ ms: number }]>`
      select extract(epoch from clock_timestamp())::float8 * 1000 as ms`;
    const clockAheadMs = clock.ms - (askedAt + Date.now()) / 2;
    const { entries } = journalSchema.parse(JSON.parse(await readFile(JOURNAL, 'utf8')));
    const last = await lastMigration(sql);
    return {
      version: server.version.split(' ')[0] ?? '',
      major: Math.floor(server.number / 10_000),
      pendingMigrations: entries.filter(({ when }) => when > last).length,
      isNewer: entries.every(({ when }) => when < last),
      readOnly: server.read_only,
      clockAheadMs: Math.round(clockAheadMs),
    };
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** When the newest migration in it was made; 0 where there is none. */
async function lastMigration(sql: postgres.Sql): Promise<number> {
  const [table] = await sql<[{ made: boolean }]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as made`;
  if (!table.made) return 0;
  const [last] = await sql<[{ at: string | null }]>`
    select max(created_at)::text as at from drizzle.__drizzle_migrations`;
  return Number(last.at ?? 0);
}
