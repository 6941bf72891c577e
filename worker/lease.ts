import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { RunStore } from '../db/run-store.ts';
import type { Clock } from './clock.ts';
import { CancelledError } from './host/abort.ts';

export interface LeaseOptions {
  store: Pick<RunStore, 'leaseSeconds' | 'renew'>;
  clock: Clock;
  log: Log;
  runId: string;
  epoch: number;
  /** Aborted when the run is not, or may not be, ours any more. */
  stop: Pick<AbortController, 'abort' | 'signal'>;
}

/** Renewals within one lease. */
const RENEWALS = 4;
/** A renewal that failed is tried again, so many times in the pause between two. */
const RETRIES_PER_RENEWAL = 4;

/**
 * Keeps a claim alive until it is called off. Whoever cannot renew for half a lease stops acting: the other half
 * is for what is under way to end, before anybody else may take the run.
 */
export function keepLease({ store, clock, log, runId, epoch, stop }: LeaseOptions): () => void {
  const leaseMs = store.leaseSeconds * 1000;
  let renewedAt = clock.now();
  let isOver = false;
  let callOff = clock.after(leaseMs / RENEWALS, () => void renew());

  async function renew(): Promise<void> {
    const askedAt = clock.now();
    // Not after the answer: a renewal that hangs must not keep us from stopping in time.
    const watchdog = clock.after(renewedAt + leaseMs / 2 - askedAt, giveUp);
    try {
      const held = await store.renew(runId, epoch);
      if (!held && !isOver) stop.abort(new Error('the claim was lost'));
      renewedAt = askedAt;
    } catch (error) {
      if (!isOver) log('warn', 'the lease could not be renewed', { runId, reason: messageOf(error) });
    } finally {
      watchdog();
    }
    if (isOver || isLetGo(stop.signal)) return;
    if (clock.now() - renewedAt >= leaseMs / 2) return giveUp();
    const pauseMs = renewedAt === askedAt ? leaseMs / RENEWALS : leaseMs / RENEWALS / RETRIES_PER_RENEWAL;
    callOff = clock.after(pauseMs, () => void renew());
  }

  function giveUp(): void {
    if (!isOver) stop.abort(new Error('the lease could not be renewed for half its time'));
  }

  return () => {
    isOver = true;
    callOff();
  };
}

/** A run that is cancelled stays ours until what it began has ended. */
function isLetGo({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof CancelledError);
}
