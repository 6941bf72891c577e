import { z } from 'zod';
import { ACTIVE_STATUSES, FINAL_STATUSES, type FinalStatus, RUN_STATUSES } from '../../core/run.ts';

const instant = z.string();

const stageSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  attempts: z.number(),
  decision: z.string().nullish(),
});

const attemptSchema = z.object({
  id: z.string(),
  kind: z.enum(['stage', 'recovery']),
  stageId: z.string().nullish(),
  number: z.number(),
  status: z.string(),
  decision: z.string().nullish(),
  startedAt: instant.nullish(),
  finishedAt: instant.nullish(),
  durationMs: z.number().nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string() }).nullish(),
  evidence: z.record(z.string(), z.unknown()).nullish(),
});

const actionSchema = z.object({
  type: z.string(),
  component: z.string().nullish(),
  port: z.number().nullish(),
  force: z.boolean().nullish(),
  reindex: z.boolean().nullish(),
  step: z.string().nullish(),
  at: instant,
  durationMs: z.number().nullish(),
  result: z.string().nullish(),
});

const recoveryAttemptSchema = z.object({
  number: z.number(),
  strategy: z.string().nullish(),
  outcome: z.string().nullish(),
  reason: z.string().nullish(),
  delaySeconds: z.number().nullish(),
  actions: z.array(actionSchema).default([]),
});

export const incidentSchema = z.object({
  id: z.string(),
  component: z.string().nullish(),
  failure: z.string().nullish(),
  status: z.enum(['open', 'resolved', 'escalated']),
  evidence: z.array(z.string()).default([]),
  detectedAt: instant,
  resolvedAt: instant.nullish(),
  timeToDetectionMs: z.number().nullish(),
  timeToRecoveryMs: z.number().nullish(),
  escalation: z.object({ reason: z.string(), detail: z.string() }).nullish(),
  recoveryAttempts: z.array(recoveryAttemptSchema).default([]),
});

/** What `GET /v1/runs` tells of each run. */
export const runSummarySchema = z.object({
  id: z.string(),
  pipelineName: z.string(),
  environment: z.string(),
  host: z.string(),
  status: z.enum(RUN_STATUSES),
  outcome: z.string().nullish(),
  currentStage: z.string().nullish(),
  nextAttemptAt: instant.nullish(),
  createdAt: instant,
  startedAt: instant.nullish(),
  finishedAt: instant.nullish(),
});

const waitSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run'),
    runId: z.string(),
    pipelineName: z.string(),
    status: z.enum(ACTIVE_STATUSES),
    position: z.number(),
  }),
  z.object({ kind: z.literal('worker'), host: z.string(), lastSeenAt: instant.nullable() }),
  z.object({
    kind: z.literal('environment'),
    environment: z.string(),
    host: z.string(),
    lastSeenAt: instant,
  }),
  z.object({ kind: z.literal('retry'), at: instant }),
  z.object({ kind: z.literal('cancel') }),
  z.object({ kind: z.literal('call') }),
]);

/** `GET /v1/runs/{id}`, as far as a terminal shows it; more is tolerated, so that a newer API will do. */
export const runViewSchema = runSummarySchema.extend({
  stages: z.array(stageSchema).default([]),
  attempts: z.array(attemptSchema).default([]),
  incidents: z.array(incidentSchema).default([]),
  /** A kind that this version does not know is passed over. */
  waitingFor: waitSchema.nullish().catch(null),
  leftRunning: z.array(z.string()).nullish(),
});

export type RunSummary = z.infer<typeof runSummarySchema>;
export type RunView = z.infer<typeof runViewSchema>;
export type AttemptView = RunView['attempts'][number];
export type IncidentView = RunView['incidents'][number];
export type RecoveryAttemptView = IncidentView['recoveryAttempts'][number];

export type FinishedRunView = RunView & { status: FinalStatus };

export function isFinished(run: RunView): run is FinishedRunView {
  return FINAL_STATUSES.some((status) => status === run.status);
}
