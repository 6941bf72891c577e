import type { Database } from '../db/connection.ts';
import { runHistory } from '../db/history.ts';
import { findRun, type Run, type RunDetail } from '../db/runs.ts';
import { withBudget } from './budget.ts';
import { ProblemError } from './problem.ts';
import type { RunChanges } from './run-changes.ts';
import { runView } from './view.ts';

const REREAD_MS = 2_000;
const MAX_FOLLOWERS = 500;

export type RunView = ReturnType<typeof runView>;

/** @throws ProblemError 404 */
export async function readRun(database: Database, id: string): Promise<RunDetail> {
  const found = await findRun(database, id);
  if (found === null) throw new ProblemError('unknown-run', `No run has the id ${id}.`);
  return found;
}

export async function readRunView(database: Database, detail: RunDetail): Promise<RunView> {
  return runView(detail, await runHistory(database, detail.run.id));
}

/** Changes with everything that a client sees of a run; claims change `startedAt` alone, hence the epoch. */
export function tagOf(run: Run): string {
  return `"${run.updatedAt.getTime().toString(36)}-${run.status}-${run.epoch}-${run.dispatch}"`;
}

/** Whether the client has this version: the weak comparison of RFC 9110. */
export function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((item) => item.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(tag) || tags.includes('*');
}

/**
 * The run once it is no longer as the client knows it (or as it is now, where the client does not say), once
 * it is finished, or once the time is over.
 */
export async function awaitChange(
  { database, changes, signal }: { database: Database; changes: RunChanges; signal: AbortSignal },
  { id, known, waitMs }: { id: string; known: string | undefined; waitMs: number },
): Promise<RunDetail> {
  if (changes.followers >= MAX_FOLLOWERS)
    throw new ProblemError('too-many-requests', 'Too many clients wait for runs at the moment.', {
      headers: { 'Retry-After': '2' },
    });
  const endsAt = performance.now() + waitMs;
  const follower = changes.follow(id);
  try {
    let detail = await readRun(withBudget(database), id);
    const awaited = known ?? tagOf(detail.run);
    while (detail.run.finishedAt === null && matches(awaited, tagOf(detail.run)) && !signal.aborted) {
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) break;
      await follower.news(Math.min(leftMs, REREAD_MS), signal);
      detail = await readRun(withBudget(database), id);
    }
    return detail;
  } finally {
    follower.close();
  }
}
