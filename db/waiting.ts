import { sql } from 'drizzle-orm';
import type { ActiveRun } from '../core/run.ts';
import { isLost, type WaitingFacts } from '../core/waiting.ts';
import type { Database } from './connection.ts';
import { iso } from './time.ts';

interface Row extends Record<string, unknown> {
  now: string;
  host: string;
  cancel_requested: boolean;
  next_attempt_at: string | null;
  worker_seen_at: string | null;
  worker_started_at: string | null;
  environment: string;
  environment_seen_at: string;
  before_id: string | null;
  before_pipeline: string;
  before_status: ActiveRun['status'];
  before_count: string;
}

/**
 * What a run waits for, and the time of the database; `null`: it is finished, or somebody works on it who was not
 * told to end it.
 */
export async function waitingFacts(
  database: Database,
  runId: string,
): Promise<{ facts: WaitingFacts; now: Date } | null> {
  const [row] = await database.query((db) =>
    db.execute<Row>(sql`
      select ${iso(sql`now()`)} as now, run.host, run.cancel_requested_at is not null as cancel_requested, ${iso(sql`run.next_attempt_at`)} as next_attempt_at,
             ${iso(sql`hosts.seen_at`)} as worker_seen_at, ${iso(sql`hosts.started_at`)} as worker_started_at,
             environment.name as environment, ${iso(sql`environment.seen_at`)} as environment_seen_at, before.id as before_id, before.pipeline_name as before_pipeline,
             before.status as before_status, before.count as before_count
      from runs run
      join environments environment on environment.id = run.environment_id
      left join hosts on hosts.name = run.host
      left join lateral (
        select other.id, other.pipeline_name, other.status, count(*) over () as count
        from runs other
        where run.mutating and not run.holds_environment and other.environment_id = run.environment_id
          and other.mutating and other.finished_at is null and other.id <> run.id
          and (other.holds_environment or other.id < run.id)
        order by other.holds_environment desc, other.id limit 1
      ) before on true
      where run.id = ${runId} and run.finished_at is null and (run.owner is null or run.lease_until < now() or run.cancel_requested_at is not null)`),
  );
  return row ? { facts: factsOf(row), now: new Date(row.now) } : null;
}

function factsOf(row: Row): WaitingFacts {
  const environmentSeenAt = new Date(row.environment_seen_at);
  return {
    host: row.host,
    cancelRequested: row.cancel_requested,
    nextAttemptAt: row.next_attempt_at === null ? null : new Date(row.next_attempt_at),
    workerSeenAt: row.worker_seen_at === null ? null : new Date(row.worker_seen_at),
    environment: row.environment,
    lostSince: wasLost(row, environmentSeenAt) ? environmentSeenAt : null,
    before:
      row.before_id === null
        ? null
        : {
            runId: row.before_id,
            pipelineName: row.before_pipeline,
            status: row.before_status,
            count: Number(row.before_count),
          },
  };
}

function wasLost({ worker_started_at, worker_seen_at }: Row, environmentSeenAt: Date): boolean {
  if (worker_started_at === null || worker_seen_at === null) return false;
  const host = { startedAt: new Date(worker_started_at), seenAt: new Date(worker_seen_at) };
  return isLost({ host, environment: { seenAt: environmentSeenAt } });
}
