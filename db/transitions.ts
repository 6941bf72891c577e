import { sql } from 'drizzle-orm';
import { currentStage, isFinished, type RunState } from '../core/run.ts';
import type { Transition } from '../core/transition.ts';
import { type AttemptDetails, type Call, changeExpressions, type IncidentFindings } from './changes.ts';
import { notifyRun } from './channels.ts';
import type { WritingClaim } from './claim.ts';
import type { Database } from './connection.ts';
import { textArray, toJson } from './json.ts';

export interface TransitionWrite extends WritingClaim {
  transition: Transition;
  details?: AttemptDetails;
  findings?: IncidentFindings | null;
  /** What was seen at the moment of an escalation. */
  snapshot?: Call['snapshot'];
  /** The components that still run where the transition cancels the run; `null`: nobody has looked. */
  leftRunning?: readonly string[] | null;
}

/**
 * The number of the wake-up call that the new state wants, and the run whose turn it is in the environment where
 * this one has ended. `null`: the claim was no longer ours.
 */
export type Written = { dispatch: number; next?: string | null } | null;

/**
 * Saves that an attempt begins, under the claim that was just made: the intent, before anything is done.
 */
export async function saveBegin(database: Database, write: TransitionWrite): Promise<boolean> {
  const { runId, epoch, transition } = write;
  const { state, changes } = transition;
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (
        update runs set status = ${state.status}, state = ${toJson(state)}::jsonb,
               current_stage = ${currentStage(state)}, next_attempt_at = null, updated_at = now()
        where id = ${runId} and epoch = ${epoch} and owner is not null
        returning id, environment_id
      ), ${changeExpressions(changes)}
      select ${notifyRun()} from run`),
  );
  return saved.length > 0;
}

/**
 * Saves one transition whole (run, attempts, incidents, events) in one statement, gives the claim back and
 * counts the next wake-up call. Writes nothing when the claim is no longer ours: a claim saves one transition.
 */
export async function saveTransition(database: Database, write: TransitionWrite): Promise<Written> {
  const { runId, epoch, transition, details, findings, snapshot = null, leftRunning = null } = write;
  const { state, changes } = transition;
  const finished = isFinished(state);
  // A run that was cancelled, or for which recovery is off, calls nobody.
  const call = state.status === 'escalated' ? { snapshot } : null;
  const saved = await database.query((db) =>
    db.execute<{ dispatch: number; next: string | null }>(sql`
      with run as (
        update runs set status = ${state.status}, state = ${toJson(state)}::jsonb,
               outcome = ${finished ? state.outcome : null}, current_stage = ${currentStage(state)},
               next_attempt_at = now() + make_interval(secs => ${delayOf(state)}::float8),
               finished_at = case when ${finished} then now() end,
               holds_environment = holds_environment and not ${finished},
               left_running = ${textArray(leftRunning)},
               owner = null, lease_until = null, claims = 0, repeats = 0,
               dispatch = dispatch + 1, dispatched_at = now(), updated_at = now()
        where id = ${runId} and epoch = ${epoch} and owner is not null
        returning id, environment_id, dispatch
      ), ${changeExpressions(changes, { details, findings, call })}
      select run.dispatch, ${notifyRun()},
             (select other.id from runs other
              where ${finished} and other.environment_id = run.environment_id and other.mutating
                and other.finished_at is null and other.id <> run.id
              order by other.id limit 1) as next
      from run`),
  );
  const [row] = saved;
  return row ? { dispatch: Number(row.dispatch), next: row.next } : null;
}

/** Seconds until the next attempt, or `null` where it is due at once (or never). */
export function delayOf(state: RunState): number | null {
  return state.status === 'waiting_retry' ? state.work.delaySeconds : null;
}
