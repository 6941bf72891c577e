import { type SQL, sql } from 'drizzle-orm';

/** A time of the database as ISO 8601 UTC, for what is kept as JSON. */
export function iso(instant: SQL): SQL {
  return sql`to_char(${instant} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
