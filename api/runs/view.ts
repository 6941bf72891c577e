import { endOf } from '../../core/escalation.ts';
import type { WaitingFor } from '../../core/waiting.ts';
import type { Incident, RecoveryAttempt, RunHistory, StageAttempt } from '../../db/history.ts';
import type { IncidentDetail } from '../../db/incidents.ts';
import type { Run, RunDetail } from '../../db/runs.ts';
import type { Attempt } from '../contract/attempts.ts';
import type { Incident as IncidentDocument, RunIncident } from '../contract/recoveries.ts';
import type { Run as RunDocument, RunSummary } from '../contract/run.ts';
import { boardLink } from './board-link.ts';

/** A run as clients see it in a list. */
export function summaryView(run: Run, environment: string): RunSummary {
  return {
    id: run.id,
    pipelineName: run.pipelineName,
    pipelineVersion: run.pipelineVersion,
    pipelineHash: run.pipelineHash,
    environment,
    host: run.host,
    workingDirectory: run.workingDirectory,
    userPrompt: run.userPrompt,
    status: run.status,
    outcome: run.outcome,
    currentStage: run.currentStage,
    nextAttemptAt: time(run.nextAttemptAt),
    createdAt: run.createdAt.toISOString(),
    startedAt: time(run.startedAt),
    finishedAt: time(run.finishedAt),
  };
}

/** A run as clients see it by itself: what it waits for, its stages, attempts and incidents with it. */
export function runView(
  { run, environment, pipeline }: RunDetail,
  waitingFor: WaitingFor | null,
  history: RunHistory,
): RunDocument {
  return {
    ...summaryView(run, environment),
    cancelRequestedAt: time(run.cancelRequestedAt),
    leftRunning: run.leftRunning,
    links: { jobs: boardLink(run) },
    waitingFor,
    stages: pipeline.stages.map(({ id, name, agent }) => ({
      id,
      name,
      agent,
      ...stageProgress(
        history.stageAttempts.filter(({ stageId }) => stageId === id),
        run.finishedAt !== null,
      ),
    })),
    attempts: attemptViews(history),
    incidents: history.incidents.map((incident) =>
      incidentView(
        incident,
        history.recoveryAttempts.filter(({ incidentId }) => incidentId === incident.id),
      ),
    ),
  };
}

export type StageProgress = Pick<RunDocument['stages'][number], 'status' | 'attempts' | 'decision'>;

/** How far a stage has come in a run, by its attempts. */
export function stageProgress(attempts: readonly StageAttempt[], runFinished: boolean): StageProgress {
  const last = attempts.at(-1);
  if (last === undefined) return { status: runFinished ? 'skipped' : 'pending', attempts: 0, decision: null };
  return { status: last.status, attempts: attempts.length, decision: last.decision };
}

/** Both kinds in the order in which they were set up: ids sort by time. */
export function attemptViews({ stageAttempts, recoveryAttempts }: Omit<RunHistory, 'incidents'>): Attempt[] {
  const views = [...stageAttempts.map(stageAttemptView), ...recoveryAttempts.map(recoveryAttemptView)];
  return views.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function stageAttemptView(attempt: StageAttempt): Attempt {
  const { id, stageId, number, status, decision, error, evidence } = attempt;
  return { id, kind: 'stage', stageId, number, status, decision, ...times(attempt), error, evidence };
}

function recoveryAttemptView(attempt: RecoveryAttempt): Attempt {
  const { id, stageId, number, outcome, reason, evidence } = attempt;
  return {
    id,
    kind: 'recovery',
    stageId,
    number,
    status: recoveryStatus(attempt),
    decision: outcome,
    ...times(attempt),
    error: outcome === null || reason === null ? null : { code: outcome, message: reason },
    evidence,
  };
}

export function recoveryStatus({ outcome, startedAt }: RecoveryAttempt): Attempt['status'] {
  if (outcome === null) return startedAt === null ? 'pending' : 'running';
  if (outcome === 'cancelled') return 'cancelled';
  return outcome === 'recovery_successful' || outcome === 'environment_reset' ? 'succeeded' : 'failed';
}

/** An incident as clients see it outside of its run. */
export function incidentDetailView({
  incident,
  environment,
  host,
  pipeline,
  recoveryAttempts,
}: IncidentDetail): IncidentDocument {
  return {
    ...incidentView(incident, recoveryAttempts),
    raised: incident.raised,
    escalatedAt: hasCalled(incident) ? time(incident.resolvedAt) : null,
    environment,
    host,
    runId: incident.runId,
    pipelineName: pipeline,
    report: `/v1/incidents/${incident.id}/report`,
  };
}

function hasCalled({ status, escalation }: Incident): boolean {
  return status === 'escalated' && escalation !== null && endOf(escalation) === 'escalated';
}

function incidentView(incident: Incident, attempts: readonly RecoveryAttempt[]): RunIncident {
  const { id, component, failure, status, evidence, escalation, occurredAt, detectedAt } = incident;
  // An escalated incident is closed, not resolved: it has no time to recovery.
  const resolvedAt = status === 'resolved' ? incident.resolvedAt : null;
  return {
    id,
    component,
    failure,
    status,
    evidence,
    escalation,
    occurredAt: occurredAt.toISOString(),
    detectedAt: detectedAt.toISOString(),
    resolvedAt: time(resolvedAt),
    timeToDetectionMs: between(occurredAt, detectedAt),
    timeToRecoveryMs: between(detectedAt, resolvedAt),
    recoveryAttempts: attempts.map(({ number, strategy, actions, outcome, reason, delaySeconds }) => ({
      number,
      strategy,
      actions,
      outcome,
      reason,
      delaySeconds,
    })),
  };
}

function times({ startedAt, finishedAt }: { startedAt: Date | null; finishedAt: Date | null }) {
  return {
    startedAt: time(startedAt),
    finishedAt: time(finishedAt),
    durationMs: between(startedAt, finishedAt),
  };
}

function between(start: Date | null, end: Date | null): number | null {
  return start === null || end === null ? null : end.getTime() - start.getTime();
}

function time(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
