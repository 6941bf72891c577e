/** `stages` carries the stages of runs, `recovery` their recovery attempts. */
export type QueueKind = 'stages' | 'recovery';

export const QUEUE_KINDS: readonly QueueKind[] = ['stages', 'recovery'];

/** One wake-up call. The same run is woken again under the next dispatch number, never under the same. */
export interface DispatchRef {
  kind: QueueKind;
  host: string;
  /** A UUID. */
  runId: string;
  dispatch: number;
}

export interface DispatchJob extends DispatchRef {
  /** For the reader of the dashboard: the stage's id, or the strategy's name. */
  name: string;
  /** For the reader of the dashboard. */
  stageId?: string;
  /** Shown as a delayed job until it is due. */
  delayMs?: number;
}

/** What a worker is told, and all it may believe: everything else is read from the database. */
export interface Wake {
  kind: QueueKind;
  runId: string;
  dispatch: number;
  stageId?: string;
}

/** `ambiguous`: no answer in time, the job may or may not be added, now or later. */
export type EnqueueResult = 'enqueued' | 'ambiguous' | 'failed';

/** `unknown`: the queue could not be asked in time. */
export type PendingResult = 'pending' | 'absent' | 'unknown';

export interface Health {
  ok: boolean;
  reason?: string;
}

export interface ConsumeOptions {
  /** How many jobs of each of the two queues are handled at once. */
  concurrency: number;
  /** How long `close()` waits for running handlers; 10 s unless told otherwise. */
  graceMs?: number;
}

export interface Consumer {
  /** Takes no more jobs, waits for running handlers up to the grace, then lets go of them. Never hangs. */
  close(): Promise<void>;
}

/**
 * Carries wake-up calls. It may lose, repeat, delay or reorder any of them; the database is the truth.
 * Nothing here throws because a broker is down, frozen or gone, and every call returns within a bound.
 */
export interface Dispatcher {
  /** Adds a job, waiting 500 ms at most. A job that was added before, even a finished one, is not added again. */
  enqueue(job: DispatchJob): Promise<EnqueueResult>;
  /** Whether the job of this dispatch is still waiting, delayed or active. */
  pending(ref: DispatchRef): Promise<PendingResult>;
  /** Takes a waiting or delayed job back, if it can; an active or finished one stays. */
  remove(ref: DispatchRef): Promise<void>;
  /** Calls `handler` for each job of the host's two queues, until the consumer or the dispatcher closes. */
  consume(host: string, handler: (wake: Wake) => Promise<void>, options: ConsumeOptions): Consumer;
  health(): Promise<Health>;
  close(): Promise<void>;
}
