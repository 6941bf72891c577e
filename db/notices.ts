import { type SQL, sql } from 'drizzle-orm';
import type { Notice } from '../core/notice.ts';
import type { Snapshot } from '../core/report.ts';
import type { Database } from './connection.ts';
import { newId } from './id.ts';
import { toJson } from './json.ts';
import { iso } from './time.ts';

/** Every notice of `noticed` to the log of its environment and to the webhooks that want to know of it. */
const addressed = sql`
  addressed as (
    insert into notice_deliveries (notice_id, target)
    select noticed.id, 'log' from noticed
    union all
    select noticed.id, w.id::text
    from noticed join environments e on e.id = noticed.environment_id
         join webhooks w on w.disabled_at is null and (w.environments is null or e.name = any(w.environments))
  )`;

/** A fault that a person was called to and that has not healed since is not told again within this time. */
const SAME_FAULT_MINUTES = 60;

/**
 * Calls a person to incidents that a transition escalates: behind the expressions `opened_incidents` and
 * `changed_incidents` of the same statement. Once for each incident, and once for what is found again after
 * the run that found it first: by the watch, or by a run that somebody starts before the repair.
 */
export function noticeExpressions(incidentIds: readonly string[], snapshot: Snapshot | null): SQL {
  const called = incidentIds.map((incident_id) => ({ incident_id, notice_id: newId() }));
  return sql`
    called as (
      select x.notice_id, i.*
      from jsonb_to_recordset(${toJson(called)}::jsonb) as x(incident_id uuid, notice_id uuid)
           join (select * from opened_incidents union all select * from changed_incidents) i on i.id = x.incident_id
    ), noticed as (
      insert into notices (id, incident_id, environment_id, type, payload)
      select called.notice_id, called.id, called.environment_id, 'incident.escalated', jsonb_build_object(
               'incidentId', called.id, 'runId', called.run_id, 'environment', e.name, 'host', e.host,
               'component', called.component, 'failure', called.failure,
               'reason', called.escalation->'reason', 'detail', called.escalation->'detail',
               'occurredAt', ${iso(sql`called.occurred_at`)}, 'detectedAt', ${iso(sql`called.detected_at`)},
               'escalatedAt', ${iso(sql`now()`)}, 'report', '/v1/incidents/' || called.id || '/report')
      from called join environments e on e.id = called.environment_id
      where not exists (
        select 1 from notices n
        where n.environment_id = called.environment_id and n.type = 'incident.escalated'
          and n.created_at > now() - make_interval(mins => ${SAME_FAULT_MINUTES})
          and n.payload->'component' = coalesce(to_jsonb(called.component), 'null')
          and n.payload->'failure' = coalesce(to_jsonb(called.failure), 'null')
          and n.payload->'reason' = called.escalation->'reason'
          and not exists (select 1 from notices r where r.incident_id = n.incident_id and r.type = 'incident.recovered'))
      on conflict (incident_id, type) do nothing
      returning id, environment_id
    ), ${addressed}, reported as (
      insert into incident_reports (incident_id, snapshot)
      select called.id, ${toJson(snapshot)}::jsonb from called where ${snapshot !== null}
      on conflict (incident_id) do nothing
    )`;
}

/** The stack works again: says so once for each incident that a person was called to. */
export async function noteRecovered(database: Database, environmentId: string): Promise<void> {
  await database.query((db) =>
    db.execute(sql`
      with noticed as (
        insert into notices (id, incident_id, environment_id, type, payload)
        select gen_random_uuid(), n.incident_id, n.environment_id, 'incident.recovered',
               n.payload || jsonb_build_object('recoveredAt', ${iso(sql`now()`)})
        from notices n
        where n.environment_id = ${environmentId} and n.type = 'incident.escalated'
          and not exists (select 1 from notices r where r.incident_id = n.incident_id and r.type = 'incident.recovered')
        on conflict (incident_id, type) do nothing
        returning id, environment_id
      ), ${addressed}
      select count(*) from noticed`),
  );
}

export interface DueDelivery {
  notice: Notice;
  environmentId: string;
  target: string;
  /** Made so far. */
  attempts: number;
}

const BATCH = 50;

/** What is to be delivered now for these environments, in the order in which it happened. */
export async function dueDeliveries(
  database: Database,
  environmentIds: readonly string[],
  to: 'log' | 'webhooks',
): Promise<DueDelivery[]> {
  if (environmentIds.length === 0) return [];
  const rows = await database.query((db) =>
    db.execute<DueRow>(sql`
      select n.id, n.type, n.created_at, n.payload, n.environment_id, d.target, d.attempts
      from notice_deliveries d join notices n on n.id = d.notice_id
      where d.delivered_at is null and d.dead_at is null and d.next_attempt_at <= now()
        and (d.target = 'log') = ${to === 'log'}
        and n.environment_id in (select value::uuid from jsonb_array_elements_text(${toJson(environmentIds)}::jsonb))
      order by n.created_at, n.type, n.id
      limit ${BATCH}`),
  );
  return rows.map(({ id, type, created_at, payload, environment_id, target, attempts }) => ({
    notice: { id, type, createdAt: new Date(created_at), data: payload },
    environmentId: environment_id,
    target,
    attempts,
  }));
}

interface DueRow extends Record<string, unknown> {
  id: string;
  type: Notice['type'];
  created_at: string;
  payload: Notice['data'];
  environment_id: string;
  target: string;
  attempts: number;
}

/** How one attempt at a delivery ended. */
export type DeliveryEnd =
  | { kind: 'delivered' }
  | { kind: 'failed'; error: string; retryAfterSeconds: number | null }
  /** The webhook says that it is gone for good: it gets nothing more. */
  | { kind: 'gone'; error: string };

const ERROR_CHARS_MAX = 500;

export async function saveDelivery(
  database: Database,
  { notice, target }: DueDelivery,
  end: DeliveryEnd,
): Promise<void> {
  const error = end.kind === 'delivered' ? null : end.error.slice(0, ERROR_CHARS_MAX);
  const retryAfterSeconds = end.kind === 'failed' ? end.retryAfterSeconds : null;
  const dead = end.kind === 'gone' || (end.kind === 'failed' && retryAfterSeconds === null);
  await database.query((db) =>
    db.execute(sql`
      with saved as (
        update notice_deliveries
        set attempts = attempts + 1, last_error = ${toJson(error)}::jsonb #>> '{}',
            delivered_at = case when ${end.kind === 'delivered'} then now() end,
            dead_at = case when ${dead} then now() end,
            next_attempt_at = now() + make_interval(secs => ${retryAfterSeconds ?? 0}::float8)
        where notice_id = ${notice.id} and target = ${target} and delivered_at is null
      )
      update webhooks set disabled_at = now() where ${end.kind === 'gone'} and id::text = ${target}`),
  );
}
