import { createHash } from 'node:crypto';
import { type WaitingFor, waitingFor } from '../../core/waiting.ts';
import type { Database } from '../../db/connection.ts';
import { runHistory } from '../../db/history.ts';
import { findRun, type Run, type RunDetail } from '../../db/runs.ts';
import { waitingFacts } from '../../db/waiting.ts';
import type { Run as RunDocument } from '../contract/run.ts';
import type { RunChanges } from '../events/run-changes.ts';
import { withBudget } from '../guards/budget.ts';
import { matches } from '../http/etag.ts';
import { ProblemError } from '../http/problem.ts';
import { unknown } from '../http/unknown.ts';
import { runView } from './view.ts';

const REREAD_MS = 2_000;
/** Of one process: each of them reads its run again every two seconds. */
export const LONG_POLLS_MAX = 500;

/** A run with what it waits for: `null` where it is finished, or somebody works on it. */
export interface ReadRun extends RunDetail {
  waitingFor: WaitingFor | null;
}

/** @throws ProblemError 404 */
export async function readRun(database: Database, id: string): Promise<ReadRun> {
  const found = await findRun(database, id);
  if (found === null) throw unknown('unknown-run');
  return { ...found, waitingFor: await waitOf(database, found.run) };
}

async function waitOf(database: Database, run: Run): Promise<WaitingFor | null> {
  if (run.finishedAt !== null) return null;
  const known = await waitingFacts(database, run.id);
  return known && waitingFor(known.facts, known.now);
}

export async function readRunView(database: Database, detail: ReadRun): Promise<RunDocument> {
  return runView(detail, detail.waitingFor, await runHistory(database, detail.run.id));
}

/**
 * Changes with everything that a client sees of a run, what it waits for included; claims change `startedAt`
 * alone, hence the epoch.
 */
export function tagOf({ run, waitingFor }: ReadRun): string {
  const version = `${run.updatedAt.getTime().toString(36)}-${run.status}-${run.epoch}-${run.dispatch}`;
  return waitingFor === null ? `"${version}"` : `"${version}-${digest(waitingFor)}"`;
}

function digest(waiting: WaitingFor): string {
  return createHash('sha256').update(JSON.stringify(waiting)).digest('base64url').slice(0, 8);
}

/**
 * The run once it is no longer as the client knows it (or as it is now, where the client does not say), once
 * it is finished, or once the time is over.
 */
export async function awaitChange(
  {
    database,
    changes,
    pollsMax,
    signal,
  }: { database: Database; changes: RunChanges; pollsMax: number; signal: AbortSignal },
  { id, known, waitMs }: { id: string; known: string | undefined; waitMs: number },
): Promise<ReadRun> {
  if (changes.followers >= pollsMax)
    throw new ProblemError('too-many-requests', 'Too many clients wait for runs at the moment.', {
      headers: { 'Retry-After': '2' },
    });
  const endsAt = performance.now() + waitMs;
  const follower = changes.follow(id);
  try {
    let detail = await readRun(withBudget(database), id);
    const awaited = known ?? tagOf(detail);
    while (detail.run.finishedAt === null && matches(awaited, tagOf(detail)) && !signal.aborted) {
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
