import type { ActiveRun } from './run.ts';

/** What a run waits for that is not finished and that nobody works on. */
export type WaitingFor =
  /** Somebody wants it ended, and its worker, at work on it or not, has not done so yet. */
  | { kind: 'cancel' }
  /** Runs that hold its environment, or have their turn there before it; `position`: how many. This one is first. */
  | { kind: 'run'; runId: string; pipelineName: string; status: ActiveRun['status']; position: number }
  /** Its host has no worker that is alive; `lastSeenAt` is ISO 8601 UTC, `null`: never. */
  | { kind: 'worker'; host: string; lastSeenAt: string | null }
  /** Its host's worker is alive and does not serve its environment any more, since about `lastSeenAt`. */
  | { kind: 'environment'; environment: string; host: string; lastSeenAt: string }
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
  environment: string;
  /** When its environment was served last, where it is not any more. */
  lostSince: Date | null;
  /** The mutating run that comes first in its environment, and how many come before this one. */
  before: { runId: string; pipelineName: string; status: ActiveRun['status']; count: number } | null;
}

/** Workers give a sign of life every two seconds. */
export const WORKER_SILENT_MS = 10_000;

/** Signs of life, by one clock. */
export interface Signs {
  /** Since when a host has had the worker that it has, and when that gave its last sign of life. */
  host: { startedAt: Date; seenAt: Date };
  /** When an environment was served last. */
  environment: { seenAt: Date };
}

/**
 * Whether the worker of a host went on without an environment: its file is gone or has another name in it, or the
 * worker cannot take it. One that has just started may still come to it.
 */
export function isLost({ host, environment }: Signs): boolean {
  const servedAt = Math.max(host.startedAt.getTime(), environment.seenAt.getTime());
  return host.seenAt.getTime() - servedAt > WORKER_SILENT_MS;
}

/** The one thing that has to happen first. `now` is of the clock that the times in the facts are of. */
export function waitingFor(facts: WaitingFacts, now: Date): WaitingFor {
  const { host, cancelRequested, nextAttemptAt, workerSeenAt, environment, lostSince, before } = facts;
  if (cancelRequested) return { kind: 'cancel' };
  if (before) {
    const { runId, pipelineName, status, count } = before;
    return { kind: 'run', runId, pipelineName, status, position: count };
  }
  if (workerSeenAt === null || now.getTime() - workerSeenAt.getTime() > WORKER_SILENT_MS)
    return { kind: 'worker', host, lastSeenAt: workerSeenAt?.toISOString() ?? null };
  if (lostSince !== null)
    return { kind: 'environment', environment, host, lastSeenAt: lostSince.toISOString() };
  if (nextAttemptAt !== null && nextAttemptAt > now)
    return { kind: 'retry', at: nextAttemptAt.toISOString() };
  return { kind: 'call' };
}
