import { sql } from 'drizzle-orm';
import type { StackFacts } from '../core/attention.ts';
import type { Environment } from '../core/environment.ts';
import type { FailureType } from '../core/failure.ts';
import type { ActiveRun } from '../core/run.ts';
import { WORKER_SILENT_MS } from '../core/waiting.ts';
import type { Database } from './connection.ts';
import { IS_STALE } from './health.ts';
import { iso } from './time.ts';

/** The run that is at work on a stack, or first in line. Times are ISO 8601 UTC. */
export interface RunAtWork {
  id: string;
  pipelineName: string;
  status: ActiveRun['status'];
  currentStage: string | null;
  createdAt: string;
  nextAttemptAt: string | null;
  /** Of the recovery attempt that it makes or waits for. */
  recoveryNumber: number | null;
}

export interface OpenIncident {
  id: string;
  runId: string;
  /** `null`: not yet diagnosed. */
  component: string | null;
  failure: FailureType | null;
  occurredAt: string;
  /** The last recovery attempt that is over, and why it did not help. */
  lastAttempt: { number: number; reason: string | null } | null;
}

/** A stack with everything that goes on there at this moment. */
export interface StackOverview extends StackFacts {
  name: string;
  host: string;
  definition: Environment;
  run: RunAtWork | null;
  incident: OpenIncident | null;
}

/** All stacks, by name. Of runs and incidents only what goes on now is read, however many there were. */
export async function readStacks(database: Database): Promise<StackOverview[]> {
  const rows = await database.query((db) =>
    db.execute<StackOverview & Record<string, unknown>>(sql`
      select e.name, e.host, e.definition, e.maintenance, e.health, ${iso(sql`e.health_at`)} as "healthAt",
             ${IS_STALE} as stale,
             coalesce(hosts.seen_at >= now() - make_interval(secs => ${WORKER_SILENT_MS / 1000}), false) as "workerAlive",
             ${iso(sql`hosts.seen_at`)} as "workerSeenAt",
             (select coalesce(jsonb_object_agg(c.component, c.desired), '{}')
              from components c where c.environment_id = e.id) as desired,
             (select jsonb_build_object('id', r.id, 'pipelineName', r.pipeline_name, 'status', r.status,
                       'currentStage', r.current_stage, 'createdAt', ${iso(sql`r.created_at`)},
                       'nextAttemptAt', ${iso(sql`r.next_attempt_at`)},
                       'recoveryNumber', r.state->'work'->'number')
              from runs r where r.environment_id = e.id and r.mutating and r.finished_at is null
              order by r.holds_environment desc, r.id limit 1) as run,
             (select jsonb_build_object('id', i.id, 'runId', i.run_id, 'component', i.component,
                       'failure', i.failure, 'occurredAt', ${iso(sql`i.occurred_at`)},
                       'lastAttempt', (select jsonb_build_object('number', a.number, 'reason', a.reason)
                                       from recovery_attempts a
                                       where a.incident_id = i.id and a.finished_at is not null
                                       order by a.number desc limit 1))
              from incidents i where i.environment_id = e.id and i.status = 'open'
              order by i.id desc limit 1) as incident,
             (select coalesce(jsonb_agg(n.payload order by n.created_at), '[]')
              from notices n
              where n.environment_id = e.id and n.type = 'incident.escalated'
                and not exists (select 1 from notices r where r.incident_id = n.incident_id and r.type = 'incident.recovered')
             ) as calls
      from environments e left join hosts on hosts.name = e.host
      order by e.name, e.host`),
  );
  return [...rows];
}
