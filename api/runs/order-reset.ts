import type { Database } from '../../db/connection.ts';
import type { ApiParts } from '../context.ts';
import { nudge } from './nudge.ts';
import { preempt } from './preempt.ts';
import { type ReadRun, readRun } from './read-run.ts';
import { type ResetOrder, submitReset } from './submit-reset.ts';
import type { IdempotentCaller } from './submit-run.ts';

/**
 * Accepts a reset, cancels what is before it where it may, and calls the workers that are concerned. `replayed`: it
 * had been accepted before, under the same key.
 */
export async function orderReset(
  database: Database,
  { pipelines, dispatcher, log }: Pick<ApiParts, 'pipelines' | 'dispatcher' | 'log'>,
  { order, caller }: { order: ResetOrder; caller: IdempotentCaller },
): Promise<{ detail: ReadRun; replayed: boolean }> {
  const { runId, replayed } = await submitReset({ database, pipelines }, order, caller);
  const preempted = order.preempt ? await preempt(database, runId, caller.keyId) : [];
  const detail = await readRun(database, runId);
  for (const run of [...preempted, ...(replayed ? [] : [detail.run])]) nudge(dispatcher, run, log);
  return { detail, replayed };
}
