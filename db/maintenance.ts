import { eq, sql } from 'drizzle-orm';
import type { Maintenance } from '../core/health.ts';
import { notifyEnvironment } from './channels.ts';
import type { Database } from './connection.ts';
import { toJson } from './json.ts';
import { environments } from './schema.ts';
import { iso } from './time.ts';

/**
 * Puts an environment into maintenance. Where it is in it already, the time of its beginning stays, and the
 * reason too unless another is given.
 */
export async function setMaintenance(
  database: Database,
  environmentId: string,
  { reason, by }: { reason: string | null; by: string },
): Promise<void> {
  await database.query((db) =>
    db
      .update(environments)
      .set({
        maintenance: sql`jsonb_build_object('since', ${iso(sql`now()`)}, 'reason', null)
          || coalesce(${environments.maintenance}, '{}')
          || jsonb_strip_nulls(${toJson({ reason, by })}::jsonb)`,
      })
      .where(eq(environments.id, environmentId))
      .returning({ told: notifyEnvironment(sql`${environments.id}`) }),
  );
}

/** Ends maintenance, if there is one; what crashed meanwhile, or before, is no longer counted. */
export async function endMaintenance(database: Database, environmentId: string): Promise<void> {
  await database.query((db) =>
    db.execute(sql`
      with ended as (
        update environments set maintenance = null, maintenance_ended_at = now()
        where id = ${environmentId} and maintenance is not null
        returning id
      ), uncounted as (
        delete from component_crashes using ended where environment_id = ended.id
      )
      select ${notifyEnvironment(sql`id`)} from ended`),
  );
}

export interface EnvironmentMode {
  /** `null`: what breaks is healed. */
  maintenance: Maintenance | null;
  maintenanceEndedAt: Date | null;
}

/** Whether the watch may act. */
export async function environmentMode(database: Database, environmentId: string): Promise<EnvironmentMode> {
  const [found] = await database.query((db) =>
    db
      .select({
        maintenance: environments.maintenance,
        maintenanceEndedAt: environments.maintenanceEndedAt,
      })
      .from(environments)
      .where(eq(environments.id, environmentId)),
  );
  return found ?? { maintenance: null, maintenanceEndedAt: null };
}
