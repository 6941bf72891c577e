import { realpath } from 'node:fs/promises';
import { componentsOf } from '../core/component.ts';
import { mayReset } from '../core/environment.ts';
import { messageOf } from '../core/errors.ts';
import type { EscalationReason } from '../core/escalation.ts';
import type { Reach } from '../core/failpoint.ts';
import type { Observation } from '../core/observation.ts';
import { isMutating, type Pipeline, stageOf } from '../core/pipeline.ts';
import { recoveryPolicy } from '../core/recovery.ts';
import type { ResetType } from '../core/reset.ts';
import { type ActiveRun, isFinished, type RunEvent, type RunState } from '../core/run.ts';
import type { Settings } from '../core/settings.ts';
import { type Transition, type TransitionContext, transition } from '../core/transition.ts';
import type { AttemptDetails, IncidentFindings } from '../db/changes.ts';
import { releaseRun, renewLease } from '../db/claims.ts';
import type { Database } from '../db/connection.ts';
import { forgetCrashes, recordCrash } from '../db/crashes.ts';
import { componentRecords, forgetHeights, recordHeight, setDesired } from '../db/environments.ts';
import { noteEvent } from '../db/history.ts';
import { newId } from '../db/id.ts';
import { rungRecords } from '../db/learning.ts';
import type { ClaimedRun } from '../db/runs.ts';
import { delayOf, saveBegin, saveTransition, type TransitionWrite } from '../db/transitions.ts';
import type { Dispatcher } from '../queue/port.ts';
import type { StageContext } from './agents/agent.ts';
import { forgetHeight } from './components/heights.ts';
import { daemonMember, type Stack } from './components/stack.ts';
import { jobOf } from './job.ts';
import { openJournal } from './journal.ts';
import type { Log } from './log.ts';
import { Notes } from './notes.ts';
import { takeSnapshot } from './notices/snapshot.ts';
import { observe } from './observe.ts';
import { type RecoveryReport, recover } from './recovery.ts';
import { type ResetContext, resetEnvironment } from './reset.ts';
import type { SettingsSource } from './settings.ts';
import { runStage } from './stage.ts';

/** What an attempt works with. */
export interface AttemptOptions {
  database: Database;
  dispatcher: Dispatcher;
  settings: SettingsSource;
  host: string;
  reach: Reach;
  log: Log;
}

/** Wakes a run by our own clock, which is more punctual than the queue's. */
export type WakeAfter = (runId: string, delayMs: number) => void;

/** A run that was claimed so often without getting on kills its worker: it must not be tried for ever. */
const CLAIMS_MAX = 3;
const LEASE_RENEWAL_MS = 15_000;

/** A run in our hands, and where it is carried out. */
export interface Claim {
  run: ClaimedRun;
  pipeline: Pipeline;
  stack: Stack;
  /** What was seen an instant ago, where somebody looked: the first look of a recovery is spared. */
  seen?: Observation;
  /** The attempt was begun with the claim itself. */
  begun?: boolean;
  /** Crashes that are being counted already, by the key of the process. */
  counting?: ReadonlyMap<string, Promise<number>>;
}

/** One attempt under one claim. */
export class Attempt {
  private readonly options: AttemptOptions;
  private readonly claim: Claim;
  private readonly stack: Stack;
  private readonly stop: AbortController;
  private readonly wakeAfter: WakeAfter;

  constructor(options: AttemptOptions, claim: Claim, stop: AbortController, wakeAfter: WakeAfter) {
    this.options = options;
    this.claim = claim;
    this.stack = claim.stack;
    this.stop = stop;
    this.wakeAfter = wakeAfter;
  }

  async carryOut(): Promise<void> {
    const { run } = this.claim;
    const renewal = setInterval(() => void this.renew(), LEASE_RENEWAL_MS);
    try {
      if (run.claims > CLAIMS_MAX) return await this.giveUp('crash_loop', poisonous(run.claims));
      const astray = await strayed(run.workingDirectory, this.stack.directory);
      if (astray !== null) return await this.giveUp('critical_error', astray);
      const begun = await this.begin();
      if (!begun) return;
      await (begun.work.kind === 'stage' ? this.stage(begun) : this.recovery(begun));
    } catch (error) {
      await releaseRun(this.options.database, {
        runId: run.id,
        epoch: run.epoch,
        counts: !this.stop.signal.aborted,
      });
      if (!this.stop.signal.aborted) throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  /** Saves the intent: from here on the attempt counts as begun, whatever happens to this worker. */
  private async begin(): Promise<ActiveRun | null> {
    const { run, begun } = this.claim;
    if (begun) return isFinished(run.state) ? null : run.state;
    const next = transition(run.state, { type: 'begun' }, await this.context());
    const saved = await saveBegin(this.options.database, this.write(next));
    return saved && !isFinished(next.state) ? next.state : null;
  }

  private async stage(state: ActiveRun): Promise<void> {
    if (state.work.kind !== 'stage') return;
    const stage = stageOf(this.claim.pipeline, state.work.stageId);
    const { stageTimeoutSeconds } = await this.options.settings.current();
    const timeoutSeconds = stage.timeoutSeconds ?? stageTimeoutSeconds;
    const { event, evidence } = await this.timed(timeoutSeconds, (signal) =>
      runStage(this.stageContext(stage, signal)),
    ).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
      const failure = { code: 'timeout', message: `no decision within ${timeoutSeconds} s` };
      return { event: { type: 'stage_failed' as const, failure }, evidence: {} };
    });
    await this.save(state, event, { evidence });
  }

  private async recovery(state: ActiveRun): Promise<void> {
    const { database, settings } = this.options;
    const { run } = this.claim;
    const current = await settings.current();
    const raised = state.incident?.failure ?? { code: 'requested', message: '' };
    const journal = openJournal(this.stack, { runId: run.id, incidentId: state.incident?.id ?? null });
    const notes = new Notes(this.options.log);
    notes.add(() => journal.detected(raised));
    const firstLook = firstSeen(this.claim.seen, () => observe(this.stack, database));
    const report = await this.timed(current.recoveryTimeoutSeconds, (signal) =>
      recover({
        stack: this.stack,
        settings: current,
        signal,
        mode: state.work.kind === 'recovery' ? state.work.mode : 'targeted',
        reset: this.resetter(current, signal),
        raised,
        observe: firstLook,
        recordCrash: (crash) =>
          this.claim.counting?.get(crash.key) ??
          recordCrash(database, {
            ...crash,
            environmentId: this.stack.environmentId,
            windowMinutes: current.crashLoop.windowMinutes,
          }),
        experience: (failure) => rungRecords(database, this.stack.environmentId, failure),
        note: async (type, data) => {
          notes.add(() => Promise.all([noteEvent(database, run.id, type, data), journal.noted(type, data)]));
        },
      }),
    ).catch((error: unknown): RecoveryReport => {
      if (!(error instanceof TimeoutError)) throw error;
      const reason = `no end within ${current.recoveryTimeoutSeconds} s`;
      return {
        outcome: { kind: 'failed', reason },
        cause: null,
        strategy: null,
        actions: [],
        rungs: [],
        before: [],
        after: [],
      };
    });
    notes.add(() => journal.finished(report));
    await notes.written();
    const { outcome, cause, strategy, actions, rungs, before, after } = report;
    const details: AttemptDetails = { strategy, actions, evidence: { before, after, rungs } };
    const findings = cause && {
      component: cause.component,
      failure: cause.failure,
      evidence: cause.evidence,
      occurredAt: cause.occurredAt ?? null,
    };
    await this.save(state, { type: 'recovery_finished', outcome }, details, findings);
  }

  /** The last resort, where the settings and the environment allow it. */
  private resetter(settings: Settings, signal: AbortSignal): Parameters<typeof recover>[0]['reset'] {
    const allowed = settings.strategies.cascadingFailure.action === 'full_reset';
    return allowed && mayReset(this.stack.environment) ? (note) => this.reset('full', signal, note) : null;
  }

  private async reset(type: ResetType, signal: AbortSignal, note: ResetContext['note']): Promise<void> {
    const { database } = this.options;
    const { stack } = this;
    const records = await componentRecords(database, stack.environmentId, componentsOf(stack.environment));
    await resetEnvironment({
      stack,
      type,
      wanted: (component) => records.get(component)?.desired === 'running',
      signal,
      observe: () => observe(stack, database),
      async forgetHeights() {
        forgetHeight(daemonMember(stack));
        await forgetHeights(database, stack.environmentId);
      },
      note,
    });
    await forgetCrashes(database, stack.environmentId);
  }

  private async giveUp(reason: EscalationReason, detail: string): Promise<void> {
    const { state } = this.claim.run;
    if (!isFinished(state)) await this.save(state, { type: 'abandoned', escalation: { reason, detail } }, {});
  }

  private async save(
    state: ActiveRun,
    event: RunEvent,
    details: AttemptDetails,
    findings: IncidentFindings | null = null,
  ): Promise<void> {
    const { database, log } = this.options;
    const { run } = this.claim;
    const next = transition(state, event, await this.context());
    // What a person will want to see is there now, and may not be there later.
    const called = next.state.status === 'escalated';
    const snapshot = called ? await takeSnapshot(this.stack, findings?.component ?? null) : null;
    const written = await saveTransition(database, { ...this.write(next), details, findings, snapshot });
    if (!written) {
      log('warn', 'the claim was lost; nothing was written', { runId: run.id, epoch: run.epoch });
      return;
    }
    await this.wakeNext(next.state, written.dispatch);
  }

  private async wakeNext(state: RunState, dispatch: number): Promise<void> {
    const { dispatcher, host } = this.options;
    const { run } = this.claim;
    if (isFinished(state)) return;
    const delayMs = (delayOf(state) ?? 0) * 1000;
    if (delayMs > 0) this.wakeAfter(run.id, delayMs + 5);
    await dispatcher.enqueue({ ...jobOf(state), host, runId: run.id, dispatch, delayMs });
  }

  private async timed<T>(timeoutSeconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new TimeoutError()), timeoutSeconds * 1000);
    const signal = AbortSignal.any([timeout.signal, this.stop.signal]);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    const working = work(signal);
    // Once aborted, what the work still does or throws is nobody's concern any more.
    working.catch(() => {});
    try {
      return await Promise.race([working, aborted]);
    } finally {
      clearTimeout(timer);
    }
  }

  private stageContext(stage: StageContext['stage'], signal: AbortSignal): StageContext {
    const { database } = this.options;
    const { stack } = this;
    return {
      stage,
      stack,
      signal,
      observe: () => observe(stack, database),
      reset: (type, note) => this.reset(type, signal, note),
      async want(members, desired) {
        for (const { ref } of members) await setDesired(database, stack.environmentId, ref.name, desired);
      },
      async rememberHeight(height) {
        await recordHeight(database, stack.environmentId, daemonMember(stack).ref.name, height);
      },
    };
  }

  private async renew(): Promise<void> {
    const { run } = this.claim;
    try {
      if (await renewLease(this.options.database, run.id, run.epoch)) return;
      this.stop.abort(new Error('the claim was lost'));
    } catch (error) {
      this.options.log('warn', 'the lease could not be renewed', { runId: run.id, reason: messageOf(error) });
    }
  }

  private async context(): Promise<TransitionContext> {
    const { pipeline } = this.claim;
    const policy = recoveryPolicy(await this.options.settings.current(), isMutating(pipeline));
    return { pipeline, policy, newId };
  }

  private write(next: Transition): TransitionWrite {
    const { run } = this.claim;
    return { runId: run.id, epoch: run.epoch, transition: next };
  }
}

class TimeoutError extends Error {}

/** What was seen already the first time, a look of its own each time after. */
function firstSeen(seen: Observation | undefined, look: () => Promise<Observation>) {
  let unused = seen;
  return async (): Promise<Observation> => {
    const first = unused;
    unused = undefined;
    return first ?? (await look());
  };
}

function poisonous(claims: number): string {
  return `the run was taken up ${claims - 1} times and did not get on: it ends its worker, or cannot be saved`;
}

/** Why a run may not act in this environment any more: its folder moved, went away, or became a symlink. */
async function strayed(workingDirectory: string, directory: string): Promise<string | null> {
  const real = await realpath(workingDirectory).catch(() => null);
  if (real === workingDirectory && (real === directory || real.startsWith(`${directory}/`))) return null;
  return `${workingDirectory} ${real === null ? 'is gone' : `leads to ${real}`}, the environment is in ${directory}`;
}
