import { sql } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { incidentEnd } from './incident-end.ts';

/** Values with the labels of their time series. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** Durations of about the same length: how many, and their mean in seconds. */
export interface DurationBucket {
  labels: Record<string, string>;
  count: number;
  meanSeconds: number;
}

/** What a scrape shows, all of it from the database. */
export interface Gauges {
  attempts: Sample[];
  incidents: Sample[];
  runs: Sample[];
  /** 1 or 0; environments that nobody has looked at yet are left out. */
  healthy: Sample[];
  detection: DurationBucket[];
  recovery: DurationBucket[];
}

/** @param bucketsSeconds Upper bounds, rising: durations between the same two of them are put together. */
export async function readGauges(database: Database, bucketsSeconds: readonly number[]): Promise<Gauges> {
  const bounds = sql.raw(`array[${bucketsSeconds.map(Number).join(', ')}]::float8[]`);
  const durations = (seconds: ReturnType<typeof sql>, condition: ReturnType<typeof sql>) => sql`
    (select coalesce(jsonb_agg(jsonb_build_object('labels', labels, 'count', count, 'meanSeconds', mean)), '[]')
     from (select jsonb_build_object('environment', e.name, 'component', coalesce(i.component, 'unknown')) as labels,
                  count(*) as count, avg(${seconds}) as mean
           from incidents i join environments e on e.id = i.environment_id where ${condition}
           group by 1, width_bucket(-(${seconds})::float8, (select array_agg(-b order by -b) from unnest(${bounds}) b))) x)`;
  const samples = (
    labels: ReturnType<typeof sql>,
    from: ReturnType<typeof sql>,
    value = sql`count(*)`,
  ) => sql`
    (select coalesce(jsonb_agg(jsonb_build_object('labels', labels, 'value', value)), '[]')
     from (select ${labels} as labels, ${value} as value from ${from} group by 1) x)`;
  const [row] = await database.query((db) =>
    db.execute<Gauges & Record<string, unknown>>(sql`
      select ${samples(
        sql`jsonb_build_object('environment', e.name, 'component', coalesce(i.component, 'unknown'), 'outcome', coalesce(a.outcome, 'running'))`,
        sql`recovery_attempts a join incidents i on i.id = a.incident_id join environments e on e.id = i.environment_id where a.started_at is not null`,
      )} as attempts, ${samples(
        sql`jsonb_build_object('environment', e.name, 'component', coalesce(i.component, 'unknown'), 'failure', coalesce(i.failure, 'unknown'), 'status', ${incidentEnd})`,
        sql`incidents i join environments e on e.id = i.environment_id`,
      )} as incidents, ${samples(sql`jsonb_build_object('status', status)`, sql`runs`)} as runs, ${samples(
        sql`jsonb_build_object('environment', name, 'host', host)`,
        sql`environments where health is not null`,
        sql`bool_and((health->>'healthy')::bool)::int`,
      )} as healthy,
      ${durations(sql`extract(epoch from i.detected_at - i.occurred_at)`, sql`true`)} as detection,
      ${durations(sql`extract(epoch from i.resolved_at - i.detected_at)`, sql`i.status = 'resolved'`)} as recovery`),
  );
  if (!row) throw new Error('Postgres gave no row');
  return row;
}
