import { type SQL, sql } from 'drizzle-orm';
import type { FailureCount, MetricsRow, Spread } from '../core/metrics.ts';
import type { Database } from './connection.ts';
import { incidentEnd } from './incident-end.ts';

/** A process of no component, or one that was never found out. */
export const COMPONENT = sql`coalesce(i.component, 'unknown')`;
export const SUCCESSFUL = sql`a.outcome in ('recovery_successful', 'environment_reset')`;
export const FAILED = sql`a.outcome in ('failed', 'escalated')`;

export interface MetricsFilter {
  /** How far back, in days; `null`: all there is. */
  days: number | null;
  environment?: string;
}

function within({ days, environment }: MetricsFilter): SQL {
  return sql`(${days}::int is null or i.detected_at > now() - make_interval(days => ${days}::int))
    and (${environment ?? null}::text is null or e.name = ${environment ?? null})`;
}

export const ms = (from: SQL, to: SQL) => sql`(extract(epoch from ${to} - ${from}) * 1000)::float8`;

/** Mean, median and 95th percentile of the rows that a condition holds for, as one JSON value. */
function spread(value: SQL, condition: SQL): SQL {
  return sql`jsonb_build_object(
    'mean', round(avg(${value}) filter (where ${condition})),
    'median', round((percentile_cont(0.5) within group (order by ${value}) filter (where ${condition}))::numeric),
    'p95', round((percentile_cont(0.95) within group (order by ${value}) filter (where ${condition}))::numeric))`;
}

interface Row extends Record<string, unknown> {
  environment: string;
  host: string;
  component: string | null;
  incidents: MetricsRow['incidents'];
  attempts: MetricsRow['recoveryAttempts'];
  recovery: Spread;
  detection: Spread;
  restoration: Spread;
}

/** The figures of every environment (`component` is `null`) and of every component with an incident. */
export async function recoveryMetrics(database: Database, filter: MetricsFilter): Promise<MetricsRow[]> {
  const sets = sql`group by grouping sets ((e.id, e.name, e.host), (e.id, e.name, e.host, ${COMPONENT}))`;
  const rows = await database.query((db) =>
    db.execute<Row>(sql`
      with i as (
        select e.id, e.name as environment, e.host, ${COMPONENT} as component,
               jsonb_build_object('open', count(*) filter (where i.status = 'open'),
                 'resolved', count(*) filter (where i.status = 'resolved'),
                 'escalated', count(*) filter (where ${incidentEnd} = 'escalated'),
                 'closed', count(*) filter (where ${incidentEnd} = 'closed')) as incidents,
               ${spread(ms(sql`i.occurred_at`, sql`i.detected_at`), sql`true`)} as detection,
               ${spread(ms(sql`i.detected_at`, sql`i.resolved_at`), sql`i.status = 'resolved'`)} as restoration
        from incidents i join environments e on e.id = i.environment_id
        where ${within(filter)} ${sets}
      ), a as (
        select e.id, ${COMPONENT} as component,
               jsonb_build_object('total', count(*), 'successful', count(*) filter (where ${SUCCESSFUL}),
                 'failed', count(*) filter (where ${FAILED})) as attempts,
               ${spread(ms(sql`a.started_at`, sql`a.finished_at`), sql`${SUCCESSFUL} and a.started_at is not null`)} as recovery
        from recovery_attempts a join incidents i on i.id = a.incident_id
             join environments e on e.id = i.environment_id
        where a.started_at is not null and ${within(filter)} ${sets}
      )
      select i.environment, i.host, i.component, i.incidents, i.detection, i.restoration, a.attempts, a.recovery
      from i left join a on a.id = i.id and a.component is not distinct from i.component
      order by i.environment, i.host, i.component nulls first`),
  );
  return rows.map(({ environment, host, component, ...row }) => ({
    environment,
    host,
    component,
    incidents: row.incidents,
    recoveryAttempts: row.attempts ?? { total: 0, successful: 0, failed: 0 },
    recoveryTimeMs: row.recovery ?? NOTHING,
    timeToDetectionMs: row.detection,
    timeToRecoveryMs: row.restoration,
  }));
}

const NOTHING: Spread = { mean: null, median: null, p95: null };

export async function failureCounts(database: Database, filter: MetricsFilter): Promise<FailureCount[]> {
  const rows = await database.query((db) =>
    db.execute<FailureCount & Record<string, unknown>>(sql`
      select e.name as environment, e.host, ${COMPONENT} as component,
             coalesce(i.failure, 'unknown') as failure, count(*)::int as count
      from incidents i join environments e on e.id = i.environment_id
      where ${within(filter)}
      group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3, 4`),
  );
  return [...rows];
}
