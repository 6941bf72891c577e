import type { ActiveRun } from './run.ts';

/** What a run waits for that is not finished and that nobody works on. */
export type WaitingFor =
  /** Somebody wants it ended, and its worker, at work on it or not, has not done so yet. */
  | { kind: 'cancel' }
  /** Runs that hold its environment, or have their turn there before it; `position`: how many. This one is first. */
  | { kind: 'run'; runId: string; pipelineName: string; status: ActiveRun['status']; position: number }
  /** Its host has no worker that is alive; `lastSeenAt` is ISO 8601 UTC, `null`: never. */
  | { kind: 'worker'; host: string; lastSeenAt: string | null }
  /** The delay before its next recovery attempt; `at` is ISO 8601 UTC. */
  | { kind: 'retry'; at: string }
  /** Nothing: it is about to be taken. */
  | { kind: 'call' };

export interface WaitingFacts {
  host: string;
  cancelRequested: boolean;
  nextAttemptAt: Date | null;
  /** The last sign of life of the worker of its host. */
  workerSeenAt: Date | null;
  /** The mutating run that comes first in its environment, and how many come before this one. */
  before: { runId: string; pipelineName: string; status: ActiveRun['status']; count: number } | null;
}

/** Workers give a sign of life every two seconds. */
export const WORKER_SILENT_MS = 10_000;

/** The one thing that has to happen first. `now` is of the clock that the times in the facts are of. */
export function waitingFor(facts: WaitingFacts, now: Date): WaitingFor {
  const { host, cancelRequested, nextAttemptAt, workerSeenAt, before } = facts;
  if (cancelRequested) return { kind: 'cancel' };
  if (before) {
    const { runId, pipelineName, status, count } = before;
    return { kind: 'run', runId, pipelineName, status, position: count };
  }
  if (workerSeenAt === null || now.getTime() - workerSeenAt.getTime() > WORKER_SILENT_MS)
    return { kind: 'worker', host, lastSeenAt: workerSeenAt?.toISOString() ?? null };
  if (nextAttemptAt !== null && nextAttemptAt > now)
    return { kind: 'retry', at: nextAttemptAt.toISOString() };
  return { kind: 'call' };
}
