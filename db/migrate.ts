import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { answered } from './connection.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any number will do, as long as every Davylamp uses the same. */
const MIGRATION_LOCK = 8_420_001;

/** For all of it, the wait for another that migrates included. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * Brings the database to the newest schema. Safe to call from several processes at once.
 * @throws DavyError `database-unavailable` when it takes too long; nothing is changed then.
 */
export async function migrate(url: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  const lock = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  const client = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  try {
    const work = async () => {
      // Drizzle's migrator takes no lock of its own: two that start together would apply a migration twice.
      await lock`select pg_advisory_lock(${MIGRATION_LOCK})`;
      await applyMigrations(drizzle({ client }), { migrationsFolder: MIGRATIONS });
    };
    await answered(work(), timeoutMs);
  } finally {
    await Promise.all([lock.end({ timeout: 1 }), client.end({ timeout: 1 })]);
  }
}
