import type { Dispatcher, DispatchJob, DispatchRef, EnqueueResult, Wake } from '../../../queue/port.ts';
import type { Actor, Time } from './time.ts';

export interface Job {
  id: string;
  wake: Wake;
  state: 'waiting' | 'active' | 'done';
  /** Delayed until then. */
  dueMs: number;
  /** Who has it in hand. */
  at: Actor | null;
  takenMs: number;
}

/** Broker calls have this long, as in `queue/`. */
const ANSWER_MS = 500;
/** A job whose worker gave no sign of life for so long is given to another. */
const STALLED_MS = 10_000;

/** A broker that loses, repeats, delays and reorders, and that keeps the ids of jobs that are done. */
export class Broker {
  readonly jobs = new Map<string, Job>();
  /** `failing`: it cannot be reached. `vague`: it does what it is asked and gives no answer. */
  mood: 'well' | 'failing' | 'vague' = 'well';
  /** It takes jobs and gives none out. */
  isStuck = false;
  /** Calls that faults may have left behind: so many more may wait than there are unfinished runs. */
  excused = 0;
  private copies = 0;
  private readonly time: Time;

  constructor(time: Time) {
    this.time = time;
  }

  waiting(): Job[] {
    return [...this.jobs.values()].filter(({ state }) => state !== 'done');
  }

  /** What can be given out now. */
  ready(): Job[] {
    if (this.isStuck || this.mood === 'failing') return [];
    const { nowMs } = this.time;
    const ready: Job[] = [];
    for (const job of this.jobs.values())
      if (job.state === 'waiting' ? job.dueMs <= nowMs : this.isStalled(job)) ready.push(job);
    return ready;
  }

  private isStalled({ state, at, takenMs }: Job): boolean {
    if (state !== 'active') return false;
    return (!at?.alive || at.frozen) && this.time.nowMs - takenMs > STALLED_MS;
  }

  /** When the next delayed or stalled job is ready. */
  nextAtMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { state, dueMs, at, takenMs } of this.jobs.values()) {
      const atMs =
        state === 'waiting' ? dueMs : state === 'active' && !at?.alive ? takenMs + STALLED_MS + 1 : 0;
      if (atMs > this.time.nowMs && atMs < nextMs) nextMs = atMs;
    }
    return nextMs;
  }

  take(job: Job, at: Actor): Wake {
    Object.assign(job, { state: 'active', at, takenMs: this.time.nowMs });
    return job.wake;
  }

  acknowledge(job: Job, at: Actor): void {
    if (job.at === at) job.state = 'done';
  }

  /** Everything is gone, what was done too. */
  flush(): void {
    this.jobs.clear();
  }

  lose(job: Job): void {
    this.jobs.delete(job.id);
  }

  /** The same call once more, or one that nobody made. */
  slip(wake: Wake): void {
    const id = `slipped-${++this.copies}`;
    this.excused++;
    this.jobs.set(id, { id, wake, state: 'waiting', dueMs: this.time.nowMs, at: null, takenMs: 0 });
  }

  /** The queue as one actor sees it. */
  dispatcherOf(actor: Actor): Pick<Dispatcher, 'enqueue' | 'pending'> {
    return {
      enqueue: (job) =>
        this.time.ask<EnqueueResult>(actor, {
          target: 'queue',
          name: `call ${short(job.runId)} (dispatch ${job.dispatch})`,
          execute: () => this.add(job),
          deadlineMs: ANSWER_MS,
          late: () => this.vaguely(),
        }),
      pending: (ref) =>
        this.time.ask(actor, {
          target: 'queue',
          name: `is the call of ${short(ref.runId)} (dispatch ${ref.dispatch}) still waiting?`,
          execute: () => (this.mood === 'well' ? this.isPending(ref) : 'unknown'),
          deadlineMs: ANSWER_MS,
          late: () => 'unknown',
        }),
    };
  }

  private isPending(ref: DispatchRef): 'pending' | 'absent' {
    const job = this.jobs.get(idOf(ref));
    return job && job.state !== 'done' ? 'pending' : 'absent';
  }

  private add(job: DispatchJob): EnqueueResult {
    if (this.mood === 'failing') return 'failed';
    const id = idOf(job);
    const { kind, runId, dispatch, stageId, delayMs = 0 } = job;
    if (!this.jobs.has(id)) {
      const wake: Wake = { kind, runId, dispatch, ...(stageId !== undefined && { stageId }) };
      const dueMs = this.time.nowMs + delayMs;
      this.jobs.set(id, { id, wake, state: 'waiting', dueMs, at: null, takenMs: 0 });
    }
    return this.mood === 'vague' ? this.vaguely() : 'enqueued';
  }

  private vaguely(): EnqueueResult {
    this.excused++;
    return 'ambiguous';
  }
}

function idOf({ kind, host, runId, dispatch }: DispatchRef): string {
  return `${kind}/${host}/${runId}/${dispatch}`;
}

export function short(id: string): string {
  return id.length > 12 ? id.slice(-6) : id;
}
