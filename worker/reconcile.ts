import { isFinished } from '../core/run.ts';
import { type DueRun, findDelays, findDueRuns, nextDispatch } from '../db/claims.ts';
import type { Database } from '../db/connection.ts';
import type { Dispatcher } from '../queue/port.ts';
import type { Engine } from './engine.ts';
import { jobOf } from './job.ts';
import type { Registry } from './registry.ts';

/** How long a wake-up call may be on its way before it is asked after. */
const QUIET_SECONDS = 3;

export interface ReconcileOptions {
  database: Database;
  dispatcher: Dispatcher;
  registry: Registry;
  engine: Engine;
  host: string;
}

/**
 * Makes up for what the queue lost: runs that are due and not at work are called again, after asking the
 * queue whether their call still waits. Where the queue cannot answer, the run is taken up from here.
 */
export async function reconcile(options: ReconcileOptions): Promise<void> {
  const { database, registry } = options;
  for (const run of await findDueRuns(database, registry.claimant(), QUIET_SECONDS))
    await callAgain(run, options);
}

async function callAgain({ id, dispatch, state }: DueRun, options: ReconcileOptions): Promise<void> {
  const { database, dispatcher, engine, host } = options;
  if (isFinished(state)) return;
  const job = jobOf(state);
  const pending = await dispatcher.pending({ kind: job.kind, host, runId: id, dispatch });
  if (pending === 'pending') return;
  const next = await nextDispatch(database, id, dispatch);
  if (next === null) return;
  const sent =
    pending === 'absent' ? await dispatcher.enqueue({ ...job, host, runId: id, dispatch: next }) : 'failed';
  if (sent !== 'enqueued') void engine.handle(id);
}

/** Sets our own timers for the delays that an earlier worker left behind. */
export async function resumeDelays({ database, registry, engine }: ReconcileOptions): Promise<void> {
  for (const { id, delayMs } of await findDelays(database, registry.claimant()))
    engine.wakeAfter(id, delayMs);
}
