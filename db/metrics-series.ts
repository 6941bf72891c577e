import { type SQL, sql } from 'drizzle-orm';
import type {
  AttemptStep,
  DetectedStep,
  FailureStep,
  MetricsSeries,
  Period,
} from '../core/metrics-series.ts';
import type { Database } from './connection.ts';
import { COMPONENT, FAILED, ms, SUCCESSFUL } from './metrics.ts';

/** How detection and recovery went in one environment over a period that ends now, step by step. */
export async function metricsSeries(
  database: Database,
  environmentId: string,
  { days, stepSeconds }: Period,
): Promise<MetricsSeries> {
  const at = sql`(floor(extract(epoch from i.detected_at)::float8 / ${stepSeconds}) * ${stepSeconds} * 1000)`;
  const within = sql`i.environment_id = ${environmentId} and i.detected_at > now() - make_interval(days => ${days})`;
  const ask = async <T>(query: SQL) => {
    const rows = await database.query((db) => db.execute<T & Record<string, unknown>>(query));
    return [...rows] as T[];
  };
  const [detected, failures, attempts] = await Promise.all([
    ask<DetectedStep>(sql`
      select at, ${durations(sql`detection`)} as detection, ${durations(sql`restoration`)} as restoration
      from (select ${at} as at, ${ms(sql`i.occurred_at`, sql`i.detected_at`)} as detection,
                   case when i.status = 'resolved' then ${ms(sql`i.detected_at`, sql`i.resolved_at`)} end as restoration
            from incidents i where ${within}) seen
      group by at order by at`),
    ask<FailureStep>(sql`
      select ${at} as at, ${COMPONENT} as component, coalesce(i.failure, 'unknown') as failure, count(*)::int as count
      from incidents i where ${within}
      group by 1, 2, 3 order by 1`),
    ask<AttemptStep>(sql`
      select ${at} as at, ${COMPONENT} as component, coalesce(a.strategy, 'none') as strategy, count(*)::int as total,
             count(*) filter (where ${SUCCESSFUL})::int as successful, count(*) filter (where ${FAILED})::int as failed,
             coalesce(sum(${ms(sql`a.started_at`, sql`a.finished_at`)}) filter (where ${SUCCESSFUL}), 0) as "recoveryMs"
      from incidents i join recovery_attempts a on a.incident_id = i.id
      where ${within} and a.started_at is not null
      group by 1, 2, 3 order by 1`),
  ]);
  return { detected, failures, attempts };
}

/** Of the values that are there. */
function durations(value: SQL): SQL {
  return sql`jsonb_build_object('count', count(${value}), 'sumMs', coalesce(sum(${value}), 0),
    'medianMs', percentile_cont(0.5) within group (order by ${value}),
    'p95Ms', percentile_cont(0.95) within group (order by ${value}))`;
}
