import { sql } from 'drizzle-orm';
import type { RungRecord } from '../core/learning.ts';
import type { Database } from './connection.ts';

/** What lies further back is no experience any more. */
const KEPT_DAYS = 90;

/**
 * How the rungs against one failure (`component:failure`) went in an environment. One counts as a help only where
 * the stage that had raised the incident passed afterwards.
 */
export async function rungRecords(
  database: Database,
  environmentId: string,
  failure: string,
): Promise<RungRecord[]> {
  const rows = await database.query((db) =>
    db.execute<{ rung: string; worked: number; failed: number }>(sql`
      select x.rung, count(*) filter (where x.worked and i.status = 'resolved')::int as worked,
             count(*) filter (where not x.worked)::int as failed
      from incidents i
           join recovery_attempts a on a.incident_id = i.id
           cross join lateral jsonb_to_recordset(coalesce(a.evidence->'rungs', '[]')) as x(failure text, rung text, worked bool)
      where i.environment_id = ${environmentId} and x.failure = ${failure}
        and i.detected_at > now() - make_interval(days => ${KEPT_DAYS})
      group by x.rung
      order by x.rung`),
  );
  return rows.map(({ rung, worked, failed }) => ({ rung, worked, failed }));
}
