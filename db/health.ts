import { eq, type SQL, sql } from 'drizzle-orm';
import type { DesiredState } from '../core/component.ts';
import { type EnvironmentHealth, STALE_LOOKS } from '../core/health.ts';
import type { RunStatus } from '../core/run.ts';
import { DEFAULT_SETTINGS } from '../core/settings.ts';
import { notifyEnvironment } from './channels.ts';
import type { Database } from './connection.ts';
import { toJson } from './json.ts';
import { environments } from './schema.ts';
import { iso } from './time.ts';

/**
 * Keeps what the last full look saw, for those who ask how an environment is. What is as it was at the look before
 * keeps the time since when it has been so.
 */
export async function recordHealth(
  database: Database,
  environmentId: string,
  health: EnvironmentHealth,
  { lookEverySeconds }: { lookEverySeconds?: number } = {},
): Promise<void> {
  const seen = sql`${toJson({ ...health, lookEverySeconds })}::jsonb`;
  await database.query((db) =>
    db
      .update(environments)
      .set({ health: withTimes(seen), healthAt: sql`now()` })
      .where(eq(environments.id, environmentId))
      .returning({ told: notifyEnvironment(sql`${environments.id}`) }),
  );
}

/** What makes a component the same as before. A failure that an older version did not keep is none. */
const SAME = sql.raw(
  `(was->>'state', was->>'pid', was->>'failure') is not distinct from (c->>'state', c->>'pid', c->>'failure')`,
);

function withTimes(seen: SQL): SQL {
  const before = environments.health;
  return sql`(
    select seen || jsonb_build_object(
      'since', case when ${before}->'healthy' = seen->'healthy' then coalesce(${before}->>'since', ${iso(sql`now()`)})
                    else ${iso(sql`now()`)} end,
      'components', (
        select coalesce(jsonb_agg(c || jsonb_build_object(
                 'since', case when ${SAME} then coalesce(was->>'since', ${iso(sql`now()`)}) else ${iso(sql`now()`)} end)
               order by place), '[]')
        from jsonb_array_elements(seen->'components') with ordinality as now_seen(c, place)
             left join jsonb_array_elements(${before}->'components') as seen_before(was) on was->'name' = c->'name'))
    from (select ${seen} as seen) looked)`;
}

/** Whether the last look at environment `e` is older than it should be; null: there was none. */
export const IS_STALE = sql`e.health_at < now() - make_interval(secs => ${STALE_LOOKS} *
  coalesce((e.health->>'lookEverySeconds')::float8, ${DEFAULT_SETTINGS.detectionIntervalSeconds}::float8))`;

/** What goes on in an environment at this moment, whatever the last look saw. */
export interface EnvironmentActivity {
  /** The last full look is older than it should be; `null`: there was none. */
  stale: boolean | null;
  /** The run that is at work on it, or first in line. */
  run: { id: string; pipelineName: string; status: RunStatus } | null;
  openIncident: string | null;
  /** What is wanted of each component that was ever started. */
  desired: Record<string, DesiredState>;
}

export async function environmentActivity(
  database: Database,
  environmentId: string,
): Promise<EnvironmentActivity> {
  const [found] = await database.query((db) =>
    db.execute<EnvironmentActivity & Record<string, unknown>>(sql`
      select ${IS_STALE} as stale,
             (select jsonb_build_object('id', r.id, 'pipelineName', r.pipeline_name, 'status', r.status)
              from runs r where r.environment_id = e.id and r.mutating and r.finished_at is null
              order by r.holds_environment desc, r.id limit 1) as run,
             (select i.id from incidents i where i.environment_id = e.id and i.status = 'open'
              order by i.id desc limit 1) as "openIncident",
             (select coalesce(jsonb_object_agg(c.component, c.desired), '{}')
              from components c where c.environment_id = e.id) as desired
      from environments e where e.id = ${environmentId}`),
  );
  return found ?? { stale: null, run: null, openIncident: null, desired: {} };
}
