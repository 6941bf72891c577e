import { isFinished } from '../../core/run.ts';
import type { Database } from '../../db/connection.ts';
import { findRun, type Run, runsAhead, watchRuns } from '../../db/runs.ts';
import { cancelRun } from './control-run.ts';

/**
 * Cancels everything whose turn comes before that of a run in its environment, and gives those that are to be called
 * for it. May be repeated: what came later is left alone.
 */
export async function preempt(database: Database, runId: string, keyId: string): Promise<Run[]> {
  return await cancelEach(database, await runsAhead(database, runId), keyId);
}

/** Calls the repairs off that the watch began by itself, and gives those that are to be called for it. */
export async function callWatchOff(database: Database, environmentId: string, keyId: string): Promise<Run[]> {
  return await cancelEach(database, await watchRuns(database, environmentId), keyId);
}

async function cancelEach(database: Database, ids: readonly string[], keyId: string): Promise<Run[]> {
  const toCall: Run[] = [];
  for (const id of ids) {
    const isDue = await cancelRun(database, id, keyId).catch(async (error: unknown) => {
      if (await hasEnded(database, id)) return false;
      throw error;
    });
    const detail = isDue ? await findRun(database, id) : null;
    if (detail) toCall.push(detail.run);
  }
  return toCall;
}

async function hasEnded(database: Database, id: string): Promise<boolean> {
  const found = await findRun(database, id);
  return found === null || isFinished(found.run.state);
}
