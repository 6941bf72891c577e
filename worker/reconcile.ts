import { jobOf } from '../core/job.ts';
import { isFinished } from '../core/run.ts';
import type { DueRun } from '../db/claims.ts';
import type { RunStore } from '../db/run-store.ts';
import type { Dispatcher } from '../queue/port.ts';
import type { Engine } from './engine.ts';
import type { Registry } from './registry.ts';

/** How long a wake-up call may be on its way before it is asked after. */
const QUIET_SECONDS = 3;

/** Runs under way beyond which overdue calls are left to the queue, which limits how many are handled at once. */
const SPARE_RUNS = 8;

export interface ReconcileOptions {
  store: RunStore;
  dispatcher: Dispatcher;
  registry: Pick<Registry, 'claimant'>;
  engine: Engine;
  host: string;
}

/**
 * Makes up for what the queue lost: runs that are due and not at work are called again, after asking the
 * queue whether their call still waits. Where the queue cannot answer, the run is taken up from here.
 */
export async function reconcile(options: ReconcileOptions): Promise<void> {
  const { store, registry, engine } = options;
  const claimant = registry.claimant();
  const underWay = engine.underWay();
  if (underWay.length > 0) for (const id of await store.toCancel(claimant)) void engine.cancel(id);
  await store.releaseStrays(claimant, underWay);
  for (const run of await store.due(claimant, QUIET_SECONDS)) await callAgain(run, options);
}

async function callAgain(run: DueRun, options: ReconcileOptions): Promise<void> {
  const { id, dispatch, repeats, overdue, state } = run;
  const { store, dispatcher, engine, host } = options;
  if (isFinished(state)) return;
  const job = jobOf(state);
  const call = { kind: job.kind, host, runId: id, dispatch };
  const pending = await dispatcher.pending(call);
  if (pending === 'pending') {
    // The queue may be paused, or believe the call in hands that are dead: with room to spare nobody waits for it.
    if (!overdue || engine.underWay().length >= SPARE_RUNS) return;
    await dispatcher.remove(call);
    void engine.handle(id);
    return;
  }
  const next = await store.nextDispatch(id, dispatch);
  if (next === null) return;
  const sent =
    pending === 'absent' ? await dispatcher.enqueue({ ...job, host, runId: id, dispatch: next }) : 'failed';
  // A second call that is gone may have gone to a worker of this host that does not hold the environment.
  if (sent !== 'enqueued' || repeats > 0) void engine.handle(id);
}

/**
 * Takes up what an earlier worker left behind in environments that have just become ours: what is due at once,
 * though the queue may still believe it in the dead one's hands, and delays by our own timers.
 */
export async function takeUp({ store, registry, engine }: ReconcileOptions): Promise<void> {
  const claimant = registry.claimant();
  for (const { id } of await store.due(claimant, 0)) void engine.handle(id);
  for (const { id, delayMs } of await store.delays(claimant)) engine.wakeAfter(id, delayMs);
}
