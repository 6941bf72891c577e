import { isDatabaseAway, messageOf } from '../core/errors.ts';
import type { EscalationReason } from '../core/escalation.ts';
import type { Failpoint, Reach } from '../core/failpoint.ts';
import { jobOf } from '../core/job.ts';
import type { Log } from '../core/log.ts';
import { isMutating, stageOf } from '../core/pipeline.ts';
import { recoveryPolicy } from '../core/recovery.ts';
import {
  type ActiveRun,
  isFinished,
  type RecoveryWork,
  type RunEvent,
  type RunState,
  type StageWork,
} from '../core/run.ts';
import { type TransitionContext, transition } from '../core/transition.ts';
import { newId } from '../db/id.ts';
import type { RunStore } from '../db/run-store.ts';
import { delayOf, type TransitionWrite, type Written } from '../db/transitions.ts';
import type { Dispatcher } from '../queue/port.ts';
import { type Clock, pause } from './clock.ts';
import type { Exclusive } from './exclusive.ts';
import { CancelledError, TimeoutError } from './host/abort.ts';
import { isInterruption } from './interruption.ts';
import { keepLease } from './lease.ts';
import { type Keep, nothingDone, type RecoveryReport } from './recovery.ts';
import type { RunClaim } from './run-claim.ts';
import type { SettingsSource } from './settings.ts';
import type { Work } from './work.ts';

/** What an attempt works with. */
export interface AttemptOptions {
  store: RunStore;
  dispatcher: Dispatcher;
  work: Work;
  /** Keeps the mutating work of an environment apart, by the environment's id. */
  exclusive: Exclusive;
  settings: SettingsSource;
  clock: Clock;
  host: string;
  reach: Reach;
  log: Log;
}

/** Wakes a run by our own clock, which is more punctual than the queue's. */
export type WakeAfter = (runId: string, delayMs: number) => void;

/** A run that was claimed so often without getting on kills its worker: it must not be tried for ever. */
const CLAIMS_MAX = 3;
/** What was told to stop has this long to do so before its outcome is written down without it. */
const ENDING_MS = 10_000;
/** What a cancelled run began is ended first: a daemon takes a minute to stop at most, and an undo stops several. */
const CANCELLING_MS = 180_000;
/** For a look at the folder, which may lie on a file system that hangs. */
const LOOK_SECONDS = 10;
const SAVE_PAUSE_MS_MAX = 1_000;
/** A timer may fire a little before its time. */
const TIMER_SLACK_MS = 5;

/** How an attempt is told to stop. A signal tells only its first reason: that all is lost has one of its own. */
export interface Stops {
  stop: AbortController;
  /** Nothing more may be done to the stack, not even to clear up behind what was cancelled or took too long. */
  lost: AbortController;
}

/** Tells that all is lost. */
export function endOf({ stop, lost }: Stops): Pick<AbortController, 'abort' | 'signal'> {
  return {
    signal: lost.signal,
    abort(reason) {
      lost.abort(reason);
      stop.abort(reason);
    },
  };
}

/** One attempt under one claim: begin, do, save, wake the next. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #claim: RunClaim;
  readonly #stops: Stops;
  readonly #stop: AbortController;
  readonly #wakeAfter: WakeAfter;

  constructor(options: AttemptOptions, claim: RunClaim, stops: Stops, wakeAfter: WakeAfter) {
    this.#options = options;
    this.#claim = claim;
    this.#stops = stops;
    this.#stop = stops.stop;
    this.#wakeAfter = wakeAfter;
  }

  async carryOut(): Promise<void> {
    const { store, clock, log, work } = this.#options;
    const { run } = this.#claim;
    const { id: runId, epoch } = run;
    const letGo = keepLease({ store, clock, log, runId, epoch, stop: endOf(this.#stops) });
    try {
      this.#reach('claim');
      if (this.#claim.cancelled) return await this.#cancel();
      if (run.claims > CLAIMS_MAX) return await this.#abandon(run.claims);
      const astray = await this.#timed(LOOK_SECONDS, () => work.forbids(this.#claim));
      if (astray !== null) return await this.#giveUp('critical_error', astray);
      const begun = await this.#begin();
      if (!begun) return;
      this.#reach('intent');
      await (begun.work.kind === 'stage'
        ? this.#stage(begun, begun.work)
        : this.#recovery(begun, begun.work));
    } catch (error) {
      await (this.#isCancelled() ? this.#cancel() : this.#giveBack(error));
    } finally {
      letGo();
    }
  }

  /** Saves the intent: from here on the attempt counts as begun, whatever happens to this worker. */
  async #begin(): Promise<ActiveRun | null> {
    this.#stop.signal.throwIfAborted();
    const { run, begun } = this.#claim;
    if (begun) return isFinished(run.state) ? null : run.state;
    const next = transition(run.state, { type: 'begun' }, await this.#context());
    const saved = await this.#options.store.begin({ runId: run.id, epoch: run.epoch, transition: next });
    return saved && !isFinished(next.state) ? next.state : null;
  }

  async #stage(state: ActiveRun, work: StageWork): Promise<void> {
    const stage = stageOf(this.#claim.pipeline, work.stageId);
    const { stageTimeoutSeconds } = await this.#options.settings.current();
    const timeoutSeconds = stage.timeoutSeconds ?? stageTimeoutSeconds;
    const { event, evidence } = await this.#timed(timeoutSeconds, (signal) =>
      this.#alone(() => this.#options.work.stage(this.#claim, work, signal), signal),
    ).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
      const failure = { code: 'timeout', message: `no decision within ${timeoutSeconds} s` };
      return { event: { type: 'stage_failed' as const, failure }, evidence: {} };
    });
    this.#reach('act');
    await this.#save(state, event, { details: { evidence } });
  }

  async #recovery(state: ActiveRun, work: RecoveryWork): Promise<void> {
    const settings = await this.#options.settings.current();
    let soFar = (): RecoveryReport => nothingDone(`no end within ${settings.recoveryTimeoutSeconds} s`);
    const keep: Keep = (known) => {
      soFar = known;
    };
    const report = await this.#timed(settings.recoveryTimeoutSeconds, (signal) =>
      this.#alone(
        () => this.#options.work.recovery(this.#claim, state, { work, settings, signal, keep }),
        signal,
      ),
    ).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
      return soFar();
    });
    this.#reach('act');
    const { outcome, cause, strategy, actions, ...evidence } = report;
    const findings = cause && {
      component: cause.component,
      failure: cause.failure,
      evidence: cause.evidence,
      occurredAt: cause.occurredAt ?? null,
    };
    const details = { strategy, actions, evidence };
    await this.#save(state, { type: 'recovery_finished', outcome }, { details, findings });
  }

  /** Ends the run: what this attempt began is ended, the stack stays as it is. */
  async #cancel(): Promise<void> {
    const { clock, work } = this.#options;
    const { state } = this.#claim.run;
    if (isFinished(state)) return;
    try {
      const looked = this.#alone(() => work.cancel(this.#claim)).catch(() => null);
      const leftRunning = await Promise.race([looked, pause(clock, CANCELLING_MS).then(() => null)]);
      await this.#save(state, { type: 'cancelled' }, { leftRunning });
    } catch (error) {
      await this.#giveBack(error);
    }
  }

  #isCancelled(): boolean {
    const { stop, lost } = this.#stops;
    return stop.signal.reason instanceof CancelledError && !lost.signal.aborted;
  }

  /**
   * Gives up a run that ends its worker, and ends the command that it left behind. Once: where even that ends the
   * worker, the next claim does without.
   */
  async #abandon(claims: number): Promise<void> {
    const { clock, work } = this.#options;
    if (claims === CLAIMS_MAX + 1) {
      const ended = this.#alone(() => work.endCommand(this.#claim)).catch(() => {});
      await Promise.race([ended, pause(clock, ENDING_MS)]);
    }
    await this.#giveUp('crash_loop', poisonous(claims));
  }

  async #giveUp(reason: EscalationReason, detail: string): Promise<void> {
    const { state } = this.#claim.run;
    if (!isFinished(state)) await this.#save(state, { type: 'abandoned', escalation: { reason, detail } });
  }

  async #save(
    state: ActiveRun,
    event: RunEvent,
    learned: Pick<TransitionWrite, 'details' | 'findings' | 'leftRunning'> = {},
  ): Promise<void> {
    const { work, log } = this.#options;
    const { run } = this.#claim;
    const next = transition(state, event, await this.#context());
    const called = next.state.status === 'escalated';
    const snapshot = called ? await work.snapshot(this.#claim, learned.findings?.component ?? null) : null;
    const { id: runId, epoch } = run;
    const written = await this.#persist({ runId, epoch, transition: next, ...learned, snapshot });
    this.#reach('record');
    if (written?.next) this.#wakeAfter(written.next, 0);
    if (written) return await this.#wakeNext(next.state, written.dispatch);
    log('warn', 'the claim was lost, or its answer: nothing was written now', { runId, epoch });
    this.#wakeAfter(runId, 0);
  }

  /** What was done is not done again because Postgres is away for a moment: it is kept until it can be saved. */
  async #persist(write: TransitionWrite): Promise<Written> {
    const { store, clock, log } = this.#options;
    const endsAt = clock.now() + (store.leaseSeconds * 1000) / 2;
    for (let failures = 0; ; failures++) {
      try {
        return await store.save(write);
      } catch (error) {
        const isOver = this.#stop.signal.aborted && !this.#isCancelled();
        if (!isDatabaseAway(error) || isOver || clock.now() >= endsAt) throw error;
        if (failures === 0)
          log('warn', 'the database is away; what was done is saved as soon as it is back', {});
        await pause(clock, Math.min(50 * 2 ** failures, SAVE_PAUSE_MS_MAX));
      }
    }
  }

  async #wakeNext(state: RunState, dispatch: number): Promise<void> {
    const { dispatcher, host } = this.#options;
    const { run } = this.#claim;
    if (isFinished(state)) return;
    const delayMs = (delayOf(state) ?? 0) * 1000;
    if (delayMs > 0) this.#wakeAfter(run.id, delayMs + TIMER_SLACK_MS);
    const sent = await dispatcher.enqueue({ ...jobOf(state), host, runId: run.id, dispatch, delayMs });
    // With the queue dead the work goes on all the same; a call that comes twice does no harm.
    if (sent !== 'enqueued' && delayMs === 0) this.#wakeAfter(run.id, 0);
    this.#reach('enqueue');
  }

  /** Gives the run back unfinished. Where even that fails, the reconciler does it later. */
  async #giveBack(error: unknown): Promise<void> {
    const { store, log } = this.#options;
    const { id: runId, epoch } = this.#claim.run;
    const isOurs = !this.#stop.signal.aborted && !isDatabaseAway(error) && !isInterruption(error);
    await store.release({ runId, epoch, counts: isOurs }).catch((reason: unknown) => {
      log('warn', 'a run could not be given back', { runId, reason: messageOf(reason) });
    });
    if (isOurs) throw error;
  }

  /** Does what may change the environment when nothing else does: what was told to stop may still be at it. */
  #alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { run, pipeline } = this.#claim;
    if (!isMutating(pipeline)) return work();
    return this.#options.exclusive.run(run.environmentId, async () => {
      signal?.throwIfAborted();
      return await work();
    });
  }

  /** Cuts work off at its time and when we are to stop; what was cut off gets a while to end. */
  async #timed<T>(timeoutSeconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#stop.signal.throwIfAborted();
    const { clock } = this.#options;
    const timeout = new AbortController();
    const callOff = clock.after(timeoutSeconds * 1000, () =>
      timeout.abort(new TimeoutError(`no end within ${timeoutSeconds} s`)),
    );
    const signal = AbortSignal.any([timeout.signal, this.#stop.signal]);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    aborted.catch(() => {});
    const working = work(signal);
    // Once aborted, what the work still throws is nobody's concern any more.
    const settled = working.then(
      () => {},
      () => {},
    );
    try {
      return await Promise.race([working, aborted]);
    } catch (error) {
      if (signal.aborted) await Promise.race([settled, pause(clock, ENDING_MS)]);
      // Whoever has the run next goes on with it, also where it was late or cancelled before.
      this.#stops.lost.signal.throwIfAborted();
      throw error;
    } finally {
      callOff();
    }
  }

  async #context(): Promise<TransitionContext> {
    const { pipeline } = this.#claim;
    const policy = recoveryPolicy(await this.#options.settings.current(), isMutating(pipeline));
    return { pipeline, policy, newId };
  }

  #reach(point: Failpoint): void {
    const { work } = this.#claim.run.state;
    this.#options.reach(point, work?.kind === 'stage' ? work.stageId : 'recovery');
  }
}

function poisonous(claims: number): string {
  return `the run was taken up ${claims - 1} times and did not get on: it ends its worker, or cannot be saved`;
}
