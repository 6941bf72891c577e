import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { currentStage, isFinished, type RunState } from '../core/run.ts';
import { RESUMABLE_STATUSES, type Transition } from '../core/transition.ts';
import { WORKER_SILENT_MS } from '../core/waiting.ts';
import { changeExpressions } from './changes.ts';
import { notifyCancel, notifyRun } from './channels.ts';
import type { Database } from './connection.ts';
import { toJson } from './json.ts';
import type { Run } from './runs.ts';
import { environments, hosts, recoveryAttempts, runs, stageAttempts } from './schema.ts';

/** A run as it was when somebody decided about it, and who that was: the id of an API key. */
export interface Order {
  run: Pick<Run, 'id' | 'epoch' | 'owner'>;
  by: string;
}

/**
 * A run that failed or was escalated goes on with the transition. `false`: somebody else moved it meanwhile.
 * It no longer stands alone in its environment and waits its turn like any other run.
 */
export async function saveResume(
  database: Database,
  { run, by }: Order,
  { state, changes }: Transition,
): Promise<boolean> {
  const outcome = isFinished(state) ? state.outcome : null;
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (
        update runs set status = ${state.status}, state = ${toJson(state)}::jsonb, outcome = ${outcome},
               current_stage = ${currentStage(state)}, next_attempt_at = null,
               finished_at = case when ${isFinished(state)} then now() end,
               owner = null, lease_until = null, holds_environment = false, alone = false, claims = 0, repeats = 0,
               cancel_requested_at = null, cancel_requested_by = null, left_running = null,
               epoch = epoch + 1, dispatch = dispatch + 1, dispatched_at = now(), updated_at = now()
        where id = ${run.id} and epoch = ${run.epoch}
          and status in (${RESUMABLE_STATUSES[0]}, ${RESUMABLE_STATUSES[1]})
        returning id, environment_id
      ), ${changeExpressions(changes, { cause: { type: 'resumed', data: { by } } })}
      select ${notifyRun()} from run`),
  );
  return saved.length > 0;
}

/** Ends the delay before the next recovery attempt. `false`: the run does not wait for one. */
export async function endDelay(database: Database, runId: string, by: string): Promise<boolean> {
  const ended = await database.query((db) =>
    db.execute(sql`
      with run as (
        update runs set next_attempt_at = now(), repeats = 0,
               dispatch = dispatch + 1, dispatched_at = now(), updated_at = now()
        where id = ${runId} and status = 'waiting_retry' and owner is null and next_attempt_at > now()
        returning id
      ), noted as (
        insert into events (run_id, type, data)
        select run.id, 'retry_now', ${toJson({ by })}::jsonb from run
      )
      select ${notifyRun()} from run`),
  );
  return ended.length > 0;
}

/**
 * Cancels a run that nobody works on, by its transition. What still runs on its stack is what the watch saw last.
 * `false`: it was claimed, or has moved on, meanwhile.
 */
export async function saveCancel(
  database: Database,
  { run, by }: Order,
  { state, changes }: Transition,
): Promise<boolean> {
  if (!isFinished(state)) throw new RangeError('a cancelled run is finished');
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (
        update runs set status = ${state.status}, state = ${toJson(state)}::jsonb, outcome = ${state.outcome},
               current_stage = null, next_attempt_at = null, finished_at = now(), holds_environment = false,
               claims = 0, repeats = 0, cancel_requested_at = coalesce(cancel_requested_at, now()),
               cancel_requested_by = coalesce(cancel_requested_by, ${by}),
               left_running = (
                 select array(select component ->> 'name' from jsonb_array_elements(e.health -> 'components') component
                              where component ->> 'state' <> 'down')
                 from environments e where e.id = runs.environment_id and e.health is not null),
               epoch = epoch + 1, dispatch = dispatch + 1, dispatched_at = now(), updated_at = now()
        where id = ${run.id} and epoch = ${run.epoch} and owner is null and finished_at is null
        returning id, environment_id
      ), ${changeExpressions(changes, { cause: { type: 'cancel_requested', data: { by } } })}
      select ${notifyRun()} from run`),
  );
  return saved.length > 0;
}

/**
 * Asks whoever works on the run to end it; a run that nobody works on is called as well, and is due at once.
 * `false`: it is finished, or in other hands than when it was read.
 */
export async function requestCancel(database: Database, { run, by }: Order): Promise<boolean> {
  const asked = await database.query((db) =>
    db.execute(sql`
      with seen as (
        select id, cancel_requested_at is null as is_first from runs
        where id = ${run.id} and epoch = ${run.epoch} and owner is not distinct from ${run.owner}::text
          and finished_at is null
        for update
      ), run as (
        update runs set cancel_requested_at = coalesce(cancel_requested_at, now()),
               cancel_requested_by = coalesce(cancel_requested_by, ${by}), updated_at = now(),
               dispatch = dispatch + (owner is null)::int,
               dispatched_at = case when owner is null then now() else dispatched_at end
        from seen where runs.id = seen.id
        returning runs.id, seen.is_first
      ), noted as (
        insert into events (run_id, type, data)
        select run.id, 'cancel_requested', ${toJson({ by })}::jsonb from run where run.is_first
      )
      select ${notifyCancel()}, ${notifyRun()} from run`),
  );
  return asked.length > 0;
}

/** Whether somebody wants the run ended. */
export async function cancelRequested(database: Database, runId: string): Promise<boolean> {
  const [found] = await database.query((db) =>
    db.select({ at: runs.cancelRequestedAt }).from(runs).where(eq(runs.id, runId)),
  );
  return found !== undefined && found.at !== null;
}

/** The runs that a worker holds and somebody wants ended, for one that did not hear of it. */
export async function runsToCancel(database: Database, workerId: string): Promise<string[]> {
  const found = await database.query((db) =>
    db
      .select({ id: runs.id })
      .from(runs)
      .where(
        and(eq(runs.owner, workerId), isNotNull(runs.cancelRequestedAt), sql`${runs.finishedAt} is null`),
      ),
  );
  return found.map(({ id }) => id);
}

/** A run that somebody wants ended where nobody serves its environment any more. */
export interface LostRun {
  id: string;
  environmentId: string;
  /** Of its environment. */
  name: string;
  /** Of its environment; `null` where its worker did not say it. */
  stateDirectory: string | null;
}

/** Those of a host that nobody works on. As `isLost` has it, by what is kept in the database. */
export async function lostRunsToCancel(database: Database, host: string): Promise<LostRun[]> {
  return await database.query((db) =>
    db
      .select({
        id: runs.id,
        environmentId: runs.environmentId,
        name: environments.name,
        stateDirectory: environments.stateDirectory,
      })
      .from(runs)
      .innerJoin(environments, eq(environments.id, runs.environmentId))
      .innerJoin(hosts, eq(hosts.name, runs.host))
      .where(
        and(
          eq(runs.host, host),
          isNotNull(runs.cancelRequestedAt),
          sql`${runs.finishedAt} is null`,
          sql`(${runs.owner} is null or ${runs.leaseUntil} < now())`,
          sql`${hosts.seenAt} - greatest(${hosts.startedAt}, ${environments.seenAt})
              > make_interval(secs => ${WORKER_SILENT_MS / 1000})`,
        ),
      )
      .orderBy(runs.id),
  );
}

/** Whether the attempt that a run is at was begun, by whoever held it then. */
export async function hasBegun(database: Database, { work }: RunState): Promise<boolean> {
  if (work === null) return false;
  const table = work.kind === 'stage' ? stageAttempts : recoveryAttempts;
  const [attempt] = await database.query((db) =>
    db.select({ startedAt: table.startedAt }).from(table).where(eq(table.id, work.attemptId)),
  );
  return attempt !== undefined && attempt.startedAt !== null;
}
