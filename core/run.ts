import type { Closing, Escalation, EscalationReason } from './escalation.ts';
import type { RunEnding } from './pipeline.ts';
import type { RecoveryMode, RecoveryPolicy } from './recovery.ts';

export const ACTIVE_STATUSES = ['queued', 'running', 'recovering', 'waiting_retry'] as const;
export const FINAL_STATUSES = ['succeeded', 'failed', 'escalated', 'cancelled'] as const;
export const RUN_STATUSES = [...ACTIVE_STATUSES, ...FINAL_STATUSES] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/** One execution of a stage. A `recheck` proves a stage that failed once and that the flow has gone past. */
export interface StageWork {
  kind: 'stage';
  attemptId: string;
  stageId: string;
  purpose: 'flow' | 'recheck';
}

/** One recovery attempt: diagnose, plan, act, verify. */
export interface RecoveryWork {
  kind: 'recovery';
  attemptId: string;
  number: number;
  mode: RecoveryMode;
  delaySeconds: number;
  /** The recovery stage of the flow that this attempt serves, as one stage attempt; `null`: implicit recovery. */
  recoveryStage: { stageId: string; attemptId: string } | null;
}

/** A failure under repair. It closes only when every stage that raised it has passed. */
export interface OpenIncident {
  id: string;
  /** Recovery attempts made so far; survives the verify -> recover loop. */
  attempts: number;
  /** The stages that raised it and have not passed since. */
  unproven: readonly string[];
  /** The stage that failed last: where an implicit recovery returns to. */
  raisedBy: string | null;
  /** What that stage failed with. */
  failure: Failure;
  /** Why it escalates should its attempts be used up, where more is known than that. */
  gravity?: Gravity;
  /**
   * What it began with: a change of the settings takes effect with the next incident. Missing where whoever opened it
   * does not know the settings of its host: from its first decision on it has those of its worker.
   */
  policy?: RecoveryPolicy;
}

/** Where the flow goes on once the stages in question have been checked again. */
export type Continuation =
  | { kind: 'stage'; stageId: string }
  | { kind: 'end'; ending: RunEnding; outcome: string };

/** What a run carries through all its states. */
export interface Progress {
  /** Stage attempts begun, by stage. */
  attempts: Readonly<Record<string, number>>;
  incident: OpenIncident | null;
  /** Set while a recheck runs. */
  continuation: Continuation | null;
}

export type ActiveRun = Progress &
  (
    | { status: 'queued' | 'running'; work: StageWork }
    | { status: 'recovering' | 'waiting_retry'; work: RecoveryWork }
  );

/** Where a run that did not succeed goes on when somebody resumes it. */
export type ResumePoint =
  | {
      kind: 'stage';
      stageId: string;
      purpose: StageWork['purpose'];
      continuation: Continuation | null;
      /** Other stages that had failed and not passed since: they still have to. */
      unproven: readonly string[];
    }
  /** No stage failed: it began with a recovery. */
  | { kind: 'recovery'; stageId: string };

export interface FinishedRun extends Progress {
  status: FinalStatus;
  work: null;
  /** The final decision, or why there is none. */
  outcome: string;
  /** Of a run that failed or was escalated; earlier versions kept none. */
  resumeFrom?: ResumePoint;
}

export type RunState = ActiveRun | FinishedRun;

export interface Failure {
  code: string;
  message: string;
}

/** What makes an incident graver than that its attempts are used up. */
export type Gravity = Extract<EscalationReason, 'cascading_failure' | 'critical_error'>;

export type RecoveryOutcome =
  | { kind: 'healed'; reset: boolean; gravity?: Gravity }
  | { kind: 'failed'; reason: string; gravity?: Gravity }
  | { kind: 'hopeless'; escalation: Escalation };

export type RunEvent =
  | { type: 'begun' }
  /** `failure`: what a negative decision means, where the stage knows more than the decision says. */
  | { type: 'stage_decided'; decision: string; failure?: Failure }
  | { type: 'stage_failed'; failure: Failure }
  | { type: 'recovery_finished'; outcome: RecoveryOutcome }
  | { type: 'cancelled' }
  | { type: 'abandoned'; escalation: Escalation };

export const STAGE_ATTEMPT_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type StageAttemptStatus = (typeof STAGE_ATTEMPT_STATUSES)[number];
export const INCIDENT_STATUSES = ['open', 'resolved', 'escalated'] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];
export const RECOVERY_ATTEMPT_OUTCOMES = [
  'recovery_successful',
  'environment_reset',
  'failed',
  'escalated',
  'cancelled',
] as const;
export type RecoveryAttemptOutcome = (typeof RECOVERY_ATTEMPT_OUTCOMES)[number];

/** What a transition writes beside the run itself. */
export type Change =
  | {
      type: 'stage_attempt_opened';
      id: string;
      stageId: string;
      number: number;
      purpose: StageWork['purpose'];
    }
  | { type: 'stage_attempt_begun'; id: string }
  | {
      type: 'stage_attempt_closed';
      id: string;
      status: Exclude<StageAttemptStatus, 'pending' | 'running'>;
      decision: string | null;
      failure: Failure | null;
    }
  | { type: 'incident_opened'; id: string; stageId: string | null; failure: Failure }
  | { type: 'incident_resolved'; id: string }
  | { type: 'incident_escalated'; id: string; escalation: Escalation }
  | { type: 'incident_closed'; id: string; closing: Closing }
  | { type: 'recovery_attempt_opened'; id: string; incidentId: string; work: RecoveryWork }
  | { type: 'recovery_attempt_begun'; id: string }
  | { type: 'recovery_attempt_closed'; id: string; outcome: RecoveryAttemptOutcome; reason: string | null };

export function isFinished(state: RunState): state is FinishedRun {
  return state.work === null;
}

/** The stage a reader would call current: the one at work, or the recovery stage, or the one under repair. */
export function currentStage(state: RunState): string | null {
  if (state.work === null) return null;
  if (state.work.kind === 'stage') return state.work.stageId;
  return state.work.recoveryStage?.stageId ?? state.incident?.raisedBy ?? null;
}
