import { z } from 'zod';
import { RUN_STATUSES, STAGE_ATTEMPT_STATUSES } from '../../core/run.ts';
import { attempt, attemptPage } from './attempts.ts';
import { count, instant, name, pageOf, runStatus, text, uuid } from './fields.ts';
import type { Answer, Operations } from './operation.ts';
import { integer, moment, names, pagingOf, some } from './query.ts';
import { runIncident } from './recoveries.ts';

const MAX_PROMPT_BYTES = 8 * 1024;
const MAX_WAIT_SECONDS = 60;

/** The rules for the working directory have a problem document of their own. */
export const runRequest = z
  .strictObject({
    pipelineName: name.meta({ description: 'The id of one of `GET /v1/pipelines`.' }),
    userPrompt: text(MAX_PROMPT_BYTES)
      .refine(
        (prompt) => new TextEncoder().encode(prompt).length <= MAX_PROMPT_BYTES,
        `must have ${MAX_PROMPT_BYTES} bytes of UTF-8 at most`,
      )
      .meta({ description: 'What the run is for. It is kept and shown, and decides nothing.' }),
    workingDirectory: z.string().min(1).max(4096).meta({
      description: 'An absolute path on the mining host: the folder of a davy.json, or one below it.',
    }),
    host: name.optional().meta({ description: 'Only where several hosts have that folder.' }),
  })
  .meta({ id: 'RunRequest' });
export type RunRequest = z.output<typeof runRequest>;

const summary = {
  id: uuid,
  pipelineName: z.string(),
  pipelineVersion: z.string(),
  pipelineHash: z.string().meta({ description: 'Of the definition that is pinned to the run.' }),
  environment: z.string(),
  host: z.string(),
  workingDirectory: z.string(),
  userPrompt: z.string(),
  status: runStatus,
  outcome: z.string().nullable().meta({ description: 'The final decision, or why there is none.' }),
  currentStage: z.string().nullable(),
  nextAttemptAt: instant.nullable().meta({ description: 'When the next recovery attempt is due.' }),
  createdAt: instant.meta({ description: 'When it was accepted.' }),
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
};

export const runSummary = z.strictObject(summary).meta({ id: 'RunSummary' });

const waitingFor = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cancel') }),
    z.strictObject({
      kind: z.literal('run'),
      runId: uuid,
      pipelineName: z.string(),
      status: runStatus,
      position: count.meta({ description: 'How many runs come before this one in its environment.' }),
    }),
    z.strictObject({
      kind: z.literal('worker'),
      host: z.string(),
      lastSeenAt: instant.nullable().meta({ description: '`null`: there never was a worker.' }),
    }),
    z.strictObject({ kind: z.literal('retry'), at: instant }),
    z.strictObject({ kind: z.literal('call') }),
  ])
  .meta({
    id: 'WaitingFor',
    description:
      'What has to happen before somebody works on it: another run ends, its host gets a worker, the delay before a retry is over. `cancel`: its worker ends it. `call`: nothing, it is about to be taken.',
  });

const stage = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    agent: z.string(),
    status: z.enum([...STAGE_ATTEMPT_STATUSES, 'skipped']),
    attempts: count,
    decision: z.string().nullable().meta({ description: 'Of the last attempt.' }),
  })
  .meta({ id: 'Stage' });

export const run = z
  .strictObject({
    ...summary,
    cancelRequestedAt: instant.nullable(),
    leftRunning: z
      .array(z.string())
      .nullable()
      .meta({ description: 'Components that still ran when it was cancelled; `null`: nobody has looked.' }),
    links: z.strictObject({
      jobs: z
        .string()
        .nullable()
        .meta({ description: 'Its job on the queue dashboard; `null`: it is finished.' }),
    }),
    waitingFor: waitingFor.nullable(),
    stages: z.array(stage),
    attempts: z.array(attempt).meta({ description: 'The oldest first.' }),
    incidents: z.array(runIncident),
  })
  .meta({ id: 'Run', description: 'One execution of a pipeline in an environment.' });

const runPage = pageOf(runSummary).meta({ id: 'RunPage' });

export type RunSummary = z.output<typeof runSummary>;
export type Run = z.output<typeof run>;

const params = z.object({ id: z.uuid().meta({ description: 'The id of the run.' }) });

export const ifNoneMatch = z.string().optional().meta({ description: 'An `ETag` that was answered before.' });

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;

/** Of a request that starts a run. */
export const repeatable = z.object({
  'Idempotency-Key': z
    .string()
    .regex(IDEMPOTENCY_KEY, 'must be 1 to 255 characters of printable ASCII')
    .optional()
    .meta({ description: 'Makes a repeated request safe: the same key, the same run.' }),
});

export const NOT_MODIFIED: Answer = {
  description: 'It is as the client knows it.',
  headers: ['ETag', 'Cache-Control'],
};

const accepted = (description: string): Answer => ({
  description,
  content: { 'application/json': run },
  headers: ['Location', 'ETag'],
});

const JSON_BYTES_MAX = 64 * 1024;

export const runOperations = {
  'POST /v1/runs': {
    id: 'startRun',
    tag: 'Runs',
    scope: 'run',
    summary: 'Start a run of a pipeline',
    description:
      'The run is kept before it is answered, and is carried out even where the queue, or every worker, is away at the moment. The same JSON may come wrapped in text, between `[PIPELINE-EXECUTE]` and `[/PIPELINE-EXECUTE]`.',
    headers: repeatable,
    body: {
      content: {
        'application/json': runRequest,
        'text/plain': z.string().meta({ description: 'Text with the request in it.' }),
      },
      maxBytes: JSON_BYTES_MAX,
    },
    answers: {
      202: { ...accepted('The run was accepted.'), mayHave: ['Idempotency-Replayed'] },
    },
    problems: [
      'malformed-envelope',
      'unknown-pipeline',
      'ambiguous-host',
      'working-directory-not-allowed',
      'environment-not-found',
      'unknown-host',
      'idempotency-key-reused',
    ],
  },
  'GET /v1/runs': {
    id: 'listRuns',
    tag: 'Runs',
    scope: 'read',
    summary: 'List runs, the newest first',
    query: z.strictObject({
      ...pagingOf('runs'),
      status: some(RUN_STATUSES),
      pipeline: names.meta({ description: 'The ids of pipelines.' }),
      environment: name.optional(),
      host: name.optional(),
      since: moment.optional().meta({ description: 'Accepted then or later.' }),
      until: moment.optional().meta({ description: 'Accepted before then.' }),
    }),
    headers: z.object({ 'If-None-Match': ifNoneMatch }),
    answers: {
      200: {
        description: 'A page of runs.',
        content: { 'application/json': runPage },
        headers: ['ETag', 'Cache-Control'],
      },
      304: NOT_MODIFIED,
    },
  },
  'GET /v1/runs/:id': {
    id: 'getRun',
    tag: 'Runs',
    scope: 'read',
    summary: 'Show a run with its stages, attempts and incidents',
    description:
      'With `wait` it answers as soon as the run is no longer as the client knows it (`If-None-Match`; without one, as it is now), once it is finished, or once the time is over.',
    params,
    unknown: 'unknown-run',
    query: z.strictObject({
      wait: integer(0, MAX_WAIT_SECONDS, 0).meta({ description: 'How many seconds to wait for a change.' }),
    }),
    headers: z.object({ 'If-None-Match': ifNoneMatch }),
    answers: {
      200: {
        description: 'The run.',
        content: { 'application/json': run },
        headers: ['ETag', 'Cache-Control'],
      },
      304: NOT_MODIFIED,
    },
    problems: ['too-many-requests'],
  },
  'GET /v1/runs/:id/attempts': {
    id: 'listRunAttempts',
    tag: 'Runs',
    scope: 'read',
    summary: 'List what was attempted in a run, the oldest first, with logs',
    params,
    unknown: 'unknown-run',
    query: z.strictObject(pagingOf('attempts')),
    headers: z.object({ 'If-None-Match': ifNoneMatch }),
    answers: {
      200: {
        description: 'A page of attempts.',
        content: { 'application/json': attemptPage },
        headers: ['ETag', 'Cache-Control'],
      },
      304: NOT_MODIFIED,
    },
  },
  'POST /v1/runs/:id/cancel': {
    id: 'cancelRun',
    tag: 'Runs',
    scope: 'run',
    summary: 'End a run',
    description: 'What is at work is ended by its worker: `cancelRequestedAt` says that it was asked to.',
    params,
    unknown: 'unknown-run',
    answers: { 202: accepted('It is cancelled, or will be.') },
    problems: ['state-conflict'],
  },
  'POST /v1/runs/:id/resume': {
    id: 'resumeRun',
    tag: 'Runs',
    scope: 'run',
    summary: 'Let a run that failed or was escalated go on',
    params,
    unknown: 'unknown-run',
    answers: { 202: accepted('It goes on from the stage that failed.') },
    problems: ['state-conflict'],
  },
  'POST /v1/runs/:id/retry-now': {
    id: 'retryRunNow',
    tag: 'Runs',
    scope: 'run',
    summary: 'Skip the delay before the next recovery attempt',
    params,
    unknown: 'unknown-run',
    answers: { 202: accepted('The attempt is due.') },
    problems: ['state-conflict'],
  },
} as const satisfies Operations;
