import { sql } from 'drizzle-orm';
import type { Database } from '../../../db/connection.ts';

/** By table: how many rows it has and a hash of them. Of the audit log only how many. */
export type Footprint = Readonly<Record<string, string>>;

/** That a key was used is no harm done. */
const UNSEEN = 'last_used_at';

/** Everything that Davylamp keeps in Postgres. */
export async function footprintOf(database: Database): Promise<Footprint> {
  const tables = await database.query((db) =>
    db.execute<{ name: string }>(sql`select tablename as name from pg_tables where schemaname = 'public'`),
  );
  const states = tables.map(
    ({ name }) => sql`
      select ${name}::text as name, count(*)::int as rows,
        md5(coalesce(string_agg(row, '' order by row), '')) as hash
      from (select (to_jsonb(t) - ${UNSEEN}::text)::text as row from ${sql.identifier(name)} t) all_rows`,
  );
  const found = await database.query((db) =>
    db.execute<{ name: string; rows: number; hash: string }>(sql.join(states, sql` union all `)),
  );
  return Object.fromEntries(
    found.map(({ name, rows, hash }) => [name, name === 'audit_log' ? `${rows}` : `${rows} ${hash}`]),
  );
}

export async function auditRows(database: Database): Promise<number> {
  const [found] = await database.query((db) =>
    db.execute<{ rows: number }>(sql`select count(*)::int as rows from audit_log`),
  );
  return found?.rows ?? 0;
}

/** The tables that are no longer as they were, but for the audit log. */
export function changedTables(before: Footprint, after: Footprint): string[] {
  return Object.keys(after).filter((table) => table !== 'audit_log' && after[table] !== before[table]);
}
