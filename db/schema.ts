import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Environment } from '../core/environment.ts';
import type { Closing, Escalation } from '../core/escalation.ts';
import type { FailureType } from '../core/failure.ts';
import type { Maintenance, RecordedHealth } from '../core/health.ts';
import type { NoticeData, NoticeType } from '../core/notice.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { Snapshot } from '../core/report.ts';
import {
  type Failure,
  INCIDENT_STATUSES,
  type RecoveryAttemptOutcome,
  RUN_STATUSES,
  type RunState,
  STAGE_ATTEMPT_STATUSES,
} from '../core/run.ts';
import type { Scope } from '../core/scope.ts';
import type { Action, ResetStep } from '../core/strategy.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const createdAt = () => instant('created_at').notNull().defaultNow();

export const runStatus = pgEnum('run_status', RUN_STATUSES);
export const stageAttemptStatus = pgEnum('stage_attempt_status', STAGE_ATTEMPT_STATUSES);
export const incidentStatus = pgEnum('incident_status', INCIDENT_STATUSES);

/** Machines with a worker. */
export const hosts = pgTable('hosts', {
  name: text('name').primaryKey(),
  workerId: text('worker_id').notNull(),
  roots: text('roots').array().notNull(),
  startedAt: instant('started_at').notNull(),
  seenAt: instant('seen_at').notNull(),
});

/** Stacks, as their host's worker found them on its disk. */
export const environments = pgTable(
  'environments',
  {
    id: uuid('id').primaryKey(),
    host: text('host').notNull(),
    name: text('name').notNull(),
    workingDirectory: text('working_directory').notNull(),
    /** Where its worker keeps what it writes about it; null before the first one took it. */
    stateDirectory: text('state_directory'),
    definition: jsonb('definition').$type<Environment>().notNull(),
    maintenance: jsonb('maintenance').$type<Maintenance>(),
    maintenanceEndedAt: instant('maintenance_ended_at'),
    /** What the watch saw at its last full look, and when. */
    health: jsonb('health').$type<RecordedHealth>(),
    healthAt: instant('health_at'),
    createdAt: createdAt(),
    seenAt: instant('seen_at').notNull().defaultNow(),
  },
  (table) => [unique('environments_host_name').on(table.host, table.name)],
);

/** What Davylamp wants of each component and which process it started for it. */
export const components = pgTable(
  'components',
  {
    environmentId: uuid('environment_id')
      .notNull()
      .references(() => environments.id, { onDelete: 'cascade' }),
    component: text('component').notNull(),
    desired: text('desired', { enum: ['running', 'stopped'] }).notNull(),
    /** The highest height seen; only for daemons. */
    knownHeight: integer('known_height').notNull().default(0),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.component] })],
);

/** Processes that ended without being told to, once each: what crash loops are counted by. */
export const componentCrashes = pgTable(
  'component_crashes',
  {
    id: uuid('id').primaryKey(),
    environmentId: uuid('environment_id')
      .notNull()
      .references(() => environments.id, { onDelete: 'cascade' }),
    component: text('component').notNull(),
    happenedAt: instant('happened_at').notNull(),
    /** Which process it was, such as `pid/starttime`. */
    key: text('key').notNull(),
  },
  (table) => [unique('component_crashes_once').on(table.environmentId, table.component, table.key)],
);

/** Pipeline definitions by content: a run keeps the one it was started with. */
export const pipelineVersions = pgTable('pipeline_versions', {
  hash: text('hash').primaryKey(),
  pipelineId: text('pipeline_id').notNull(),
  definition: jsonb('definition').$type<Pipeline>().notNull(),
  createdAt: createdAt(),
});

/** Runs: the truth about each, and the outbox from which the queue is fed. */
export const runs = pgTable(
  'runs',
  {
    id: uuid('id').primaryKey(),
    pipelineName: text('pipeline_name').notNull(),
    pipelineVersion: text('pipeline_version').notNull(),
    pipelineHash: text('pipeline_hash')
      .notNull()
      .references(() => pipelineVersions.hash),
    environmentId: uuid('environment_id')
      .notNull()
      .references(() => environments.id),
    host: text('host').notNull(),
    workingDirectory: text('working_directory').notNull(),
    userPrompt: text('user_prompt').notNull(),
    mutating: boolean('mutating').notNull(),
    status: runStatus('status').notNull(),
    state: jsonb('state').$type<RunState>().notNull(),
    outcome: text('outcome'),
    currentStage: text('current_stage'),
    nextAttemptAt: instant('next_attempt_at'),
    /** Counts the wake-up calls sent for this run; part of the job id, so that no retained job swallows a new one. */
    dispatch: integer('dispatch').notNull().default(1),
    dispatchedAt: instant('dispatched_at').notNull().defaultNow(),
    /** Calls that were repeated since the last transition: each makes the pause before the next one longer. */
    repeats: integer('repeats').notNull().default(0),
    /** Counts the claims; every write of a worker names the one it holds. */
    epoch: integer('epoch').notNull().default(0),
    owner: text('owner'),
    leaseUntil: instant('lease_until'),
    /** Claims since the last transition that brought the run on. */
    claims: integer('claims').notNull().default(0),
    holdsEnvironment: boolean('holds_environment').notNull().default(false),
    /** Was only accepted because nothing else was at work in the environment. */
    alone: boolean('alone').notNull().default(false),
    /** Somebody wants it ended: whoever works on it does so, else its next claim. */
    cancelRequestedAt: instant('cancel_requested_at'),
    /** The id of the API key. */
    cancelRequestedBy: text('cancel_requested_by'),
    /** The components that were still running when it was cancelled; `null`: nobody has looked. */
    leftRunning: text('left_running').array(),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('runs_one_holder').on(table.environmentId).where(sql`${table.holdsEnvironment}`),
    uniqueIndex('runs_one_alone')
      .on(table.environmentId)
      .where(sql`${table.alone} and ${table.finishedAt} is null`),
    index('runs_unfinished').on(table.host, table.nextAttemptAt).where(sql`${table.finishedAt} is null`),
    // Whose turn it is in an environment.
    index('runs_in_line')
      .on(table.environmentId, table.id)
      .where(sql`${table.mutating} and ${table.finishedAt} is null`),
    index('runs_status').on(table.status, table.id),
    index('runs_environment').on(table.environmentId, table.id),
  ],
);

export const stageAttempts = pgTable(
  'stage_attempts',
  {
    id: uuid('id').primaryKey(),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    stageId: text('stage_id').notNull(),
    number: integer('number').notNull(),
    purpose: text('purpose', { enum: ['flow', 'recheck'] }).notNull(),
    status: stageAttemptStatus('status').notNull(),
    decision: text('decision'),
    error: jsonb('error').$type<Failure>(),
    evidence: jsonb('evidence').$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (table) => [unique('stage_attempts_number').on(table.runId, table.stageId, table.number)],
);

export const incidents = pgTable(
  'incidents',
  {
    id: uuid('id').primaryKey(),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    environmentId: uuid('environment_id')
      .notNull()
      .references(() => environments.id),
    stageId: text('stage_id'),
    status: incidentStatus('status').notNull(),
    component: text('component'),
    failure: text('failure').$type<FailureType>(),
    raised: jsonb('raised').$type<Failure>().notNull(),
    evidence: jsonb('evidence').$type<string[]>().notNull().default([]),
    /** Why nothing more was done, where it was not healed. */
    escalation: jsonb('escalation').$type<Escalation | Closing>(),
    occurredAt: instant('occurred_at').notNull(),
    detectedAt: instant('detected_at').notNull(),
    resolvedAt: instant('resolved_at'),
  },
  (table) => [
    index('incidents_run').on(table.runId),
    index('incidents_environment').on(table.environmentId, table.id),
    // What was detected within a period.
    index('incidents_detected').on(table.environmentId, table.detectedAt),
    index('incidents_open').on(table.environmentId, table.id).where(sql`${table.status} = 'open'`),
  ],
);

export const recoveryAttempts = pgTable(
  'recovery_attempts',
  {
    id: uuid('id').primaryKey(),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incidents.id, { onDelete: 'cascade' }),
    stageId: text('stage_id'),
    number: integer('number').notNull(),
    mode: text('mode', { enum: ['targeted', 'last_resort'] }).notNull(),
    delaySeconds: real('delay_seconds').notNull(),
    strategy: text('strategy'),
    actions: jsonb('actions').$type<RecordedAction[]>().notNull().default([]),
    outcome: text('outcome').$type<RecoveryAttemptOutcome>(),
    reason: text('reason'),
    evidence: jsonb('evidence').$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (table) => [unique('recovery_attempts_number').on(table.incidentId, table.number)],
);

/** An action as it was carried out. */
export type RecordedAction = (Action | ResetStep) & { at: string; durationMs: number; result: string };

/** What was seen of the host and of the logs when an incident was escalated: it cannot be had again later. */
export const incidentReports = pgTable('incident_reports', {
  incidentId: uuid('incident_id')
    .primaryKey()
    .references(() => incidents.id, { onDelete: 'cascade' }),
  snapshot: jsonb('snapshot').$type<Snapshot>().notNull(),
  createdAt: createdAt(),
});

/** What people are told, once each: written with the transition that it is about. */
export const notices = pgTable(
  'notices',
  {
    /** Also the id of the event for those who are told, who may be told twice. */
    id: uuid('id').primaryKey(),
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incidents.id, { onDelete: 'cascade' }),
    environmentId: uuid('environment_id')
      .notNull()
      .references(() => environments.id),
    type: text('type').$type<NoticeType>().notNull(),
    payload: jsonb('payload').$type<NoticeData>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique('notices_once').on(table.incidentId, table.type),
    index('notices_environment').on(table.environmentId, table.type),
  ],
);

export const noticeDeliveries = pgTable(
  'notice_deliveries',
  {
    noticeId: uuid('notice_id')
      .notNull()
      .references(() => notices.id, { onDelete: 'cascade' }),
    /** `log`, or the id of a webhook. */
    target: text('target').notNull(),
    /** Made so far. */
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    deliveredAt: instant('delivered_at'),
    /** Given up. */
    deadAt: instant('dead_at'),
    lastError: text('last_error'),
  },
  (table) => [
    primaryKey({ columns: [table.noticeId, table.target] }),
    index('notice_deliveries_due')
      .on(table.nextAttemptAt)
      .where(sql`${table.deliveredAt} is null and ${table.deadAt} is null`),
  ],
);

/** Addresses that are told over HTTP. */
export const webhooks = pgTable('webhooks', {
  id: uuid('id').primaryKey(),
  url: text('url').notNull(),
  /** `whsec_<base64>`: it is needed in full to sign with. */
  secret: text('secret').notNull(),
  /** The names of the environments it is told about; `null`: all. */
  environments: text('environments').array(),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
  /** It answered that it is gone. */
  disabledAt: instant('disabled_at'),
});

/** What happened, in order: what pages and followers read. */
export const events = pgTable(
  'events',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    type: text('type').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('events_run').on(table.runId, table.seq)],
);

/** Answers already given to requests that carried an `Idempotency-Key`. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    apiKeyId: text('api_key_id').notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.apiKeyId, table.key] })],
);

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the secret, hex. */
  secretHash: text('secret_hash').notNull(),
  scopes: text('scopes').array().$type<Scope[]>().notNull(),
  createdAt: createdAt(),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
  /** To the minute: who asks often is not written down each time. */
  lastUsedAt: instant('last_used_at'),
});

/** Browsers that are signed in: until their time is over, and as long as their key is good. */
export const sessions = pgTable(
  'sessions',
  {
    /** SHA-256 of what the cookie holds, hex. */
    idHash: text('id_hash').primaryKey(),
    keyId: text('key_id')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    endsAt: instant('ends_at').notNull(),
  },
  (table) => [index('sessions_key').on(table.keyId, table.createdAt)],
);

/** Who asked for which change, and what came of it. Rows are added and never change: a trigger sees to that. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: uuid('id').primaryKey(),
    at: instant('at').notNull().defaultNow(),
    /** `null`: nobody we know. */
    keyId: text('key_id'),
    /** Of the socket. */
    remoteAddress: text('remote_address'),
    /** The pattern, such as `DELETE /v1/keys/:id`; `*` where a row stands for several calls. */
    route: text('route').notNull(),
    /** The id of a run, key or webhook, or the name of an environment. */
    target: text('target'),
    status: integer('status').notNull(),
    /** The code of the problem document, where the answer was one. */
    problem: text('problem'),
    /** How many calls the row stands for. */
    calls: integer('calls').notNull().default(1),
  },
  (table) => [
    index('audit_log_key').on(table.keyId, table.id),
    index('audit_log_route').on(table.route, table.id),
    index('audit_log_at').on(table.at),
  ],
);
