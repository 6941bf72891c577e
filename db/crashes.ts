import { sql } from 'drizzle-orm';
import { runOf, type WritingClaim } from './claim.ts';
import type { Database } from './connection.ts';
import { newId } from './id.ts';

/** Long enough that the end of one process is never taken for two. */
const KEPT_DAYS = 7;

export interface CrashRecord {
  environmentId: string;
  component: string;
  /** Which process it was, such as `pid/starttime`: its end is recorded once. */
  key: string;
  /** In milliseconds, whatever our clocks say. */
  happenedMsAgo: number;
  /** Crashes within this time are counted together. */
  windowMinutes: number;
}

/**
 * Records that a process ended without being told to. Returns how often that component crashed within the
 * window, this time included, by the clock of the database.
 */
export async function recordCrash(database: Database, crash: CrashRecord): Promise<number> {
  const { environmentId, component, key, happenedMsAgo, windowMinutes } = crash;
  const [row] = await database.query((db) =>
    db.execute<{ crashes: number }>(sql`
      with recorded as (
        insert into component_crashes (id, environment_id, component, key, happened_at)
        values (${newId()}, ${environmentId}, ${component}, ${key},
                now() - make_interval(secs => ${happenedMsAgo / 1000}::float8))
        on conflict do nothing
        returning happened_at
      ), forgotten as (
        delete from component_crashes
        where environment_id = ${environmentId} and happened_at < now() - make_interval(days => ${KEPT_DAYS})
      )
      select count(*)::int as crashes
      from (select happened_at from recorded
            union all
            select happened_at from component_crashes
            where environment_id = ${environmentId} and component = ${component}) crashes
      where happened_at > now() - make_interval(secs => ${windowMinutes * 60}::float8)`),
  );
  return row?.crashes ?? 0;
}

/** After a reset, what crashed before says nothing any more. `false`: the claim was no longer ours. */
export async function forgetCrashes(database: Database, claim: WritingClaim): Promise<boolean> {
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (${runOf(claim)}), forgotten as (
        delete from component_crashes using run where component_crashes.environment_id = run.environment_id
      )
      select from run`),
  );
  return saved.length > 0;
}
