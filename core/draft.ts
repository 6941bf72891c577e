import { decisionFor } from './agent.ts';
import type { Closing, Escalation } from './escalation.ts';
import {
  isRecoveryStage,
  type Pipeline,
  reachableFrom,
  recoveryStageFor,
  route,
  stageOf,
} from './pipeline.ts';
import { decideRecovery, type RecoveryPolicy } from './recovery.ts';
import type {
  ActiveRun,
  Change,
  Continuation,
  Failure,
  FinalStatus,
  Gravity,
  OpenIncident,
  Progress,
  RecoveryAttemptOutcome,
  RecoveryOutcome,
  RecoveryWork,
  ResumePoint,
  RunState,
  StageAttemptStatus,
  StageWork,
} from './run.ts';

export interface Transition {
  state: RunState;
  changes: Change[];
}

/** What `transition()` may ask for beside the state: all of it data, but for the source of new ids. */
export interface TransitionContext {
  pipeline: Pipeline;
  policy: RecoveryPolicy;
  newId: () => string;
}

/** What the first stage of a run would find, where somebody has just looked. */
export interface Foreseen {
  decision: string;
  failure: Failure;
}

export const RESUMABLE_STATUSES = ['failed', 'escalated'] as const satisfies FinalStatus[];

/** Stage attempts of a run, all stages together. */
export function attemptsMade(attempts: Progress['attempts']): number {
  return Object.values(attempts).reduce((sum, count) => sum + count, 0);
}

/** The outcome of a run that was ended because it made too many of them. */
export const STAGE_ATTEMPT_CAP = 'stage_attempt_cap';

/** What an API has opened, or an earlier version, has no policy of its own yet. */
function withPolicy(incident: OpenIncident, policy: RecoveryPolicy): RuledIncident {
  return { ...incident, policy: incident.policy ?? policy };
}

type RuledIncident = OpenIncident & { policy: RecoveryPolicy };

/**
 * Leaves the policy of the incident to the worker, for those who do not know the settings of the run's host: what it
 * was worked out with are defaults.
 */
export function withoutPolicy({ state, changes }: Transition): Transition {
  if (state.incident === null) return { state, changes };
  const { policy: _, ...incident } = state.incident;
  return { state: { ...state, incident }, changes };
}

/** One transition in the making: collects the changes while it works out the next state. */
export class Draft {
  private readonly changes: Change[] = [];
  private progress: Progress & { incident: RuledIncident | null };
  private readonly context: TransitionContext;
  /** Where the run goes on, should it end here and be resumed. */
  private at: ResumePoint;

  constructor(progress: Progress, context: TransitionContext, at: ResumePoint) {
    this.progress = {
      attempts: progress.attempts,
      incident: progress.incident && withPolicy(progress.incident, context.policy),
      continuation: progress.continuation,
    };
    this.context = context;
    this.at = at;
  }

  /** Begins, or goes on after an end. */
  goOn(at: ResumePoint): Transition {
    if (at.kind === 'recovery')
      return this.recover(null, at.stageId, {
        code: 'requested',
        message: 'the pipeline begins with a recovery',
      });
    const others = at.unproven.filter((stageId) => stageId !== at.stageId);
    for (const stageId of others)
      this.raise(stageId, {
        code: 'resumed',
        message: `stage ${stageId} had failed and has not passed since`,
      });
    this.progress = { ...this.progress, continuation: at.continuation };
    return this.openStage(at.stageId, at.purpose);
  }

  /** Goes on from a stage as if it had failed with what is known already. */
  foreseen(stageId: string, { decision, failure }: Foreseen): Transition {
    const next = route(this.context.pipeline, stageId, decision);
    const recoveryStageId =
      next.kind === 'recovery' ? next.stageId : recoveryStageFor(this.context.pipeline, stageId);
    return this.recover(stageId, recoveryStageId, failure);
  }

  decided(work: StageWork, decision: string, cause?: Failure): Transition {
    const { pipeline } = this.context;
    const next = route(pipeline, work.stageId, decision);
    if (next.kind === 'failed') {
      const known = next.code === 'negative_decision' ? cause : undefined;
      return this.failed(work, decision, known ?? { code: next.code, message: next.reason });
    }
    if (next.kind === 'recovery') {
      const failure = cause ?? { code: decision, message: `stage ${work.stageId} decided ${decision}` };
      this.closeStage(work.attemptId, 'failed', decision, cause ?? null);
      return this.recover(work.stageId, next.stageId, failure);
    }
    if (next.kind === 'end' && next.ending !== 'succeeded') {
      // The decision was taken, but the stage has not passed: people want to know why.
      this.closeStage(work.attemptId, 'succeeded', decision, cause ?? null);
      return this.proceed({ ...next, outcome: decision });
    }
    this.closeStage(work.attemptId, 'succeeded', decision, null);
    this.prove(work.stageId);
    if (work.purpose === 'recheck' && this.progress.continuation)
      return this.proceed(this.progress.continuation);
    return this.proceed(next.kind === 'end' ? { ...next, outcome: decision } : next);
  }

  failed(work: StageWork, decision: string | null, failure: Failure): Transition {
    this.closeStage(work.attemptId, 'failed', decision, failure);
    return this.recover(work.stageId, recoveryStageFor(this.context.pipeline, work.stageId), failure);
  }

  /** Opens or joins the incident and sets up the next recovery attempt, or ends the run where none is left. */
  recover(stageId: string | null, recoveryStageId: string | null, failure: Failure): Transition {
    const incident = this.raise(stageId, failure);
    this.progress = { ...this.progress, continuation: null };
    if (!incident.policy.enabled) {
      const detail = `${failure.message}; automatic recovery is off for this run`;
      this.closeIncident({ reason: 'recovery_off', detail });
      return this.finish('failed', failure.code);
    }
    if (decideRecovery(incident.attempts, incident.policy).kind === 'exhausted')
      return this.exhausted(incident, failure.message);
    const recoveryStage = recoveryStageId === null ? null : this.openRecoveryStage(recoveryStageId);
    if (recoveryStage === 'over_cap') return this.overCap();
    return this.attempt(incident, recoveryStage);
  }

  recovered(work: RecoveryWork, outcome: RecoveryOutcome): Transition {
    const open = this.progress.incident;
    if (!open) throw new RangeError('a recovery without an incident');
    const gravity = open.gravity ?? (outcome.kind === 'hopeless' ? undefined : outcome.gravity);
    const incident = { ...open, attempts: work.number, ...(gravity && { gravity }) };
    this.progress = { ...this.progress, incident };
    switch (outcome.kind) {
      case 'hopeless':
        this.closeRecovery(work, 'escalated', outcome.escalation.detail);
        return this.escalate(work, outcome.escalation);
      case 'failed': {
        this.closeRecovery(work, 'failed', outcome.reason);
        if (decideRecovery(incident.attempts, incident.policy).kind === 'attempt')
          return this.attempt(incident, work.recoveryStage);
        return this.escalate(work, exhaustedEscalation(incident, outcome.reason));
      }
      case 'healed':
        this.closeRecovery(work, outcome.reset ? 'environment_reset' : 'recovery_successful', null);
        return this.resume(work, incident, outcome.reset);
    }
  }

  cancelled(state: ActiveRun): Transition {
    const { work } = state;
    if (work.kind === 'stage') this.closeStage(work.attemptId, 'cancelled', null, null);
    else {
      this.closeRecovery(work, 'cancelled', null);
      if (work.recoveryStage) this.closeStage(work.recoveryStage.attemptId, 'cancelled', null, null);
    }
    this.closeIncident({ reason: 'cancelled', detail: 'the run was cancelled before it was healed' });
    return this.finish('cancelled', 'cancelled');
  }

  abandoned(state: ActiveRun, escalation: Escalation): Transition {
    const { work } = state;
    if (work.kind === 'recovery') {
      this.closeRecovery(work, 'escalated', escalation.detail);
      return this.escalate(work, escalation);
    }
    const failure = { code: escalation.reason, message: escalation.detail };
    this.closeStage(work.attemptId, 'failed', null, failure);
    this.raise(work.stageId, failure);
    this.escalateIncident(escalation);
    return this.finish('escalated', escalation.reason);
  }

  openStage(stageId: string, purpose: StageWork['purpose']): Transition {
    const { continuation, incident } = this.progress;
    this.at = { kind: 'stage', stageId, purpose, continuation, unproven: incident?.unproven ?? [] };
    const attemptId = this.openStageAttempt(stageId, purpose);
    if (attemptId === 'over_cap') return this.overCap();
    const work: StageWork = { kind: 'stage', attemptId, stageId, purpose };
    return { state: { ...this.progress, status: 'running', work }, changes: this.changes };
  }

  /** After a healed attempt: along the flow from the recovery stage, or back to the stage that failed. */
  private resume(work: RecoveryWork, incident: OpenIncident, reset: boolean): Transition {
    if (!work.recoveryStage) {
      if (incident.raisedBy === null) throw new RangeError('an implicit recovery without a failed stage');
      return this.proceed({ kind: 'stage', stageId: incident.raisedBy });
    }
    const { stageId, attemptId } = work.recoveryStage;
    const decision = recoveryDecision(stageOf(this.context.pipeline, stageId), reset);
    const next = decision === null ? null : route(this.context.pipeline, stageId, decision);
    if (decision === null || next === null || next.kind === 'failed' || next.kind === 'recovery') {
      const detail = `the stack is healthy again, but stage ${stageId} routes no success of its recovery onward`;
      this.closeStage(attemptId, 'failed', decision, { code: 'unrouted_decision', message: detail });
      this.escalateIncident({ reason: 'critical_error', detail });
      return this.finish('escalated', 'unrouted_decision');
    }
    this.closeStage(attemptId, 'succeeded', decision, null);
    if (incident.unproven.length === 0) this.resolve(incident);
    return this.proceed(next.kind === 'end' ? { ...next, outcome: decision } : next);
  }

  /** Goes on to a stage or to the end, first through the checks of failed stages that would be left behind. */
  private proceed(to: Continuation): Transition {
    const behind = this.leftBehind(to);
    if (behind !== undefined) {
      this.progress = { ...this.progress, continuation: to };
      return this.openStage(behind, 'recheck');
    }
    this.progress = { ...this.progress, continuation: null };
    if (to.kind === 'stage') return this.openStage(to.stageId, 'flow');
    this.endIncident(to);
    return this.finish(to.ending, to.outcome);
  }

  private leftBehind(to: Continuation): string | undefined {
    const unproven = this.progress.incident?.unproven ?? [];
    if (to.kind === 'end') return to.ending === 'succeeded' ? unproven[0] : undefined;
    const ahead = reachableFrom(this.context.pipeline, to.stageId, isRecoveryStage);
    return unproven.find((stageId) => !ahead.has(stageId));
  }

  private raise(stageId: string | null, failure: Failure): RuledIncident {
    const open = this.progress.incident;
    const unproven = stageId === null ? [] : [stageId];
    const incident: RuledIncident = open
      ? {
          ...open,
          raisedBy: stageId ?? open.raisedBy,
          failure,
          unproven: [...new Set([...open.unproven, ...unproven])],
        }
      : {
          id: this.context.newId(),
          attempts: 0,
          unproven,
          raisedBy: stageId,
          failure,
          policy: this.context.policy,
        };
    if (!open) this.changes.push({ type: 'incident_opened', id: incident.id, stageId, failure });
    this.progress = { ...this.progress, incident };
    return incident;
  }

  /** A stage has passed: an incident all of whose stages have passed is resolved. */
  private prove(stageId: string): void {
    const { incident } = this.progress;
    if (!incident) return;
    const unproven = incident.unproven.filter((id) => id !== stageId);
    if (unproven.length > 0) this.progress = { ...this.progress, incident: { ...incident, unproven } };
    else this.resolve(incident);
  }

  private resolve(incident: OpenIncident): void {
    this.changes.push({ type: 'incident_resolved', id: incident.id });
    this.progress = { ...this.progress, incident: null };
  }

  private attempt(incident: RuledIncident, recoveryStage: RecoveryWork['recoveryStage']): Transition {
    const decision = decideRecovery(incident.attempts, incident.policy);
    if (decision.kind === 'exhausted') throw new RangeError('no recovery attempt is left');
    const { number, mode, delaySeconds } = decision;
    const work: RecoveryWork = {
      kind: 'recovery',
      attemptId: this.context.newId(),
      number,
      mode,
      delaySeconds,
      recoveryStage,
    };
    this.changes.push({ type: 'recovery_attempt_opened', id: work.attemptId, incidentId: incident.id, work });
    return {
      state: { ...this.progress, status: delaySeconds > 0 ? 'waiting_retry' : 'recovering', work },
      changes: this.changes,
    };
  }

  private exhausted(incident: OpenIncident, reason: string): Transition {
    this.escalateIncident(exhaustedEscalation(incident, reason));
    return this.finish('escalated', 'recovery_failed');
  }

  private escalate(work: RecoveryWork, escalation: Escalation): Transition {
    if (work.recoveryStage) this.closeStage(work.recoveryStage.attemptId, 'failed', 'recovery_failed', null);
    this.escalateIncident(escalation);
    return this.finish('escalated', 'recovery_failed');
  }

  private overCap(): Transition {
    const detail = `the run made ${this.context.policy.maxStageAttempts} stage attempts without coming to an end`;
    this.closeIncident({ reason: 'stage_attempt_cap', detail });
    return this.finish('failed', STAGE_ATTEMPT_CAP);
  }

  private finish(status: FinalStatus, outcome: string): Transition {
    const mayResume = RESUMABLE_STATUSES.some((resumable) => resumable === status);
    const resumeFrom = mayResume ? { resumeFrom: this.at } : {};
    return {
      state: { ...this.progress, status, work: null, outcome, continuation: null, ...resumeFrom },
      changes: this.changes,
    };
  }

  private openRecoveryStage(stageId: string): RecoveryWork['recoveryStage'] | 'over_cap' {
    const attemptId = this.openStageAttempt(stageId, 'flow');
    if (attemptId === 'over_cap') return 'over_cap';
    this.changes.push({ type: 'stage_attempt_begun', id: attemptId });
    return { stageId, attemptId };
  }

  private openStageAttempt(stageId: string, purpose: StageWork['purpose']): string | 'over_cap' {
    if (attemptsMade(this.progress.attempts) >= this.context.policy.maxStageAttempts) return 'over_cap';
    const id = this.context.newId();
    const { attempts } = this.progress;
    const number = (Object.hasOwn(attempts, stageId) ? (attempts[stageId] ?? 0) : 0) + 1;
    this.progress = { ...this.progress, attempts: { ...attempts, [stageId]: number } };
    this.changes.push({ type: 'stage_attempt_opened', id, stageId, number, purpose });
    return id;
  }

  private closeStage(
    id: string,
    status: Exclude<StageAttemptStatus, 'pending' | 'running'>,
    decision: string | null,
    failure: Failure | null,
  ): void {
    this.changes.push({ type: 'stage_attempt_closed', id, status, decision, failure });
  }

  private closeRecovery(work: RecoveryWork, outcome: RecoveryAttemptOutcome, reason: string | null): void {
    this.changes.push({ type: 'recovery_attempt_closed', id: work.attemptId, outcome, reason });
  }

  private endIncident({ ending, outcome }: Extract<Continuation, { kind: 'end' }>): void {
    const { incident } = this.progress;
    const detail = `the run ended ${ending} on ${outcome}`;
    if (ending === 'escalated') this.escalateIncident({ reason: 'attempts_exhausted', detail });
    else if (ending === 'failed') this.closeIncident({ reason: 'run_failed', detail });
    else if (incident) this.resolve(incident);
  }

  /** A person is called. */
  private escalateIncident(escalation: Escalation): void {
    const { incident } = this.progress;
    if (!incident) return;
    this.changes.push({ type: 'incident_escalated', id: incident.id, escalation });
    this.progress = { ...this.progress, incident: null };
  }

  /** Nobody is called: it ends with the run, unrepaired. */
  private closeIncident(closing: Closing): void {
    const { incident } = this.progress;
    if (!incident) return;
    this.changes.push({ type: 'incident_closed', id: incident.id, closing });
    this.progress = { ...this.progress, incident: null };
  }
}

/** The recovery stage's own word for what happened; a stage that knows no resets calls one a recovery. */
function recoveryDecision(stage: ReturnType<typeof stageOf>, reset: boolean): string | null {
  const declared = (choice: string) => stage.decisions.some((decision) => decision.choice === choice);
  if (reset && declared('environment_reset')) return 'environment_reset';
  return declared('recovery_successful') ? 'recovery_successful' : decisionFor(stage, 'positive');
}

const GRAVITY: Record<Gravity, string> = {
  cascading_failure: 'several components failed at once, and ',
  critical_error: 'data was lost or is corrupt, and ',
};

function exhaustedEscalation({ attempts, gravity }: OpenIncident, reason: string): Escalation {
  return {
    reason: gravity ?? 'attempts_exhausted',
    detail: `${gravity ? GRAVITY[gravity] : ''}${attempts} recovery attempts did not help: ${reason}`,
  };
}
