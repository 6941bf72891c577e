import { recoveryPolicy } from '../../core/recovery.ts';
import { isFinished } from '../../core/run.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import {
  RESUMABLE_STATUSES,
  resumeRun,
  type TransitionContext,
  transition,
  withoutPolicy,
} from '../../core/transition.ts';
import type { Database } from '../../db/connection.ts';
import { endDelay, hasBegun, requestCancel, saveCancel, saveResume } from '../../db/control.ts';
import { runHistory } from '../../db/history.ts';
import { newId } from '../../db/id.ts';
import { findRun, type Run, type RunDetail } from '../../db/runs.ts';
import { ProblemError } from '../http/problem.ts';
import { unknown } from '../http/unknown.ts';

/**
 * What the holder of a key wants done to a run. Answers whether its worker should be called.
 * @throws ProblemError 404, or 409 where the run is in no state for it.
 */
export type ControlOrder = (database: Database, id: string, keyId: string) => Promise<boolean>;

/** A run that failed or was escalated goes on from the stage that failed. */
export const resumeFailedRun: ControlOrder = async (database, id, by) => {
  const detail = await find(database, id);
  const { run } = detail;
  if (!isFinished(run.state) || !RESUMABLE_STATUSES.some((status) => status === run.status))
    throw conflict(
      run,
      'only one that failed or was escalated can be resumed',
      isFinished(run.state) ? ANEW : WATCH,
    );
  const attempted = run.state.resumeFrom ? [] : await attemptedStages(database, id);
  const next = resumeRun(run.state, contextOf(detail), attempted);
  if (next === null) throw conflict(run, 'its stage attempts are used up', ANEW);
  if (!(await saveResume(database, { run, by }, withoutPolicy(next)))) throw await moved(database, id);
  return true;
};

/** The next recovery attempt comes now. Where it is due already, nothing is left to do. */
export const retryNow: ControlOrder = async (database, id, by) => {
  if (await endDelay(database, id, by)) return true;
  const { run } = await find(database, id);
  if (run.status !== 'waiting_retry') throw conflict(run, 'it does not wait for a recovery attempt', WATCH);
  return false;
};

/** A run that is read, and has moved on when it is written, is read again that often. */
const READS_MAX = 5;

/** Nothing begun is cancelled here and now; what is at work is ended by its worker. */
export const cancelRun: ControlOrder = async (database, id, by) => {
  for (let read = 1; read <= READS_MAX; read++) {
    const detail = await find(database, id);
    const { run } = detail;
    if (isFinished(run.state)) throw conflict(run, 'there is nothing left to cancel', ENDED);
    const isIdle = run.owner === null && !(await hasBegun(database, run.state));
    if (isIdle) {
      const next = transition(run.state, { type: 'cancelled' }, contextOf(detail));
      if (await saveCancel(database, { run, by }, next)) return false;
    } else if (await requestCancel(database, { run, by })) return run.owner === null;
  }
  throw await moved(database, id);
};

const ANEW = 'Start a run of the pipeline anew: POST /v1/runs.';
const ENDED = 'GET /v1/runs/{id} shows how it ended.';
const WATCH = 'GET /v1/runs/{id} shows how it stands; with ?wait=30 it answers when that changes.';

async function find(database: Database, id: string): Promise<RunDetail> {
  const found = await findRun(database, id);
  if (found === null) throw unknown('unknown-run');
  return found;
}

/** The stages that a run attempted, in their order. */
async function attemptedStages(database: Database, id: string): Promise<string[]> {
  return (await runHistory(database, id)).stageAttempts.map(({ stageId }) => stageId);
}

function contextOf({ run, pipeline }: RunDetail): TransitionContext {
  return { pipeline, policy: recoveryPolicy(DEFAULT_SETTINGS, run.mutating), newId };
}

function conflict({ status }: Run, reason: string, nextStep: string): ProblemError {
  return new ProblemError('state-conflict', `The run is ${status.replace('_', ' ')}: ${reason}.`, {
    nextStep,
  });
}

async function moved(database: Database, id: string): Promise<ProblemError> {
  return conflict((await find(database, id)).run, 'it moved on at the same time', WATCH);
}
