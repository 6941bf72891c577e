import { z } from 'zod';
import { RUN_STATUSES } from '../../core/run.ts';
import { attemptPage } from './attempts.ts';
import { name } from './fields.ts';
import { type Answer, JSON_BYTES_MAX, type Operations } from './operation.ts';
import { integer, moment, names, pagingOf, some } from './query.ts';
import { run, runPage, runRequest } from './run.ts';
import { ifNoneMatch, NOT_MODIFIED, repeatable } from './shared.ts';

const MAX_WAIT_SECONDS = 60;

const params = z.object({ id: z.uuid().meta({ description: 'The id of the run.' }) });

const accepted = (description: string) =>
  ({
    description,
    content: { 'application/json': run },
    headers: ['Location', 'ETag'],
  }) as const satisfies Answer;

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
      'environment-lost',
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
    unknown: { id: 'unknown-run' },
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
    unknown: { id: 'unknown-run' },
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
    unknown: { id: 'unknown-run' },
    answers: { 202: accepted('It is cancelled, or will be.') },
    problems: ['state-conflict'],
  },
  'POST /v1/runs/:id/resume': {
    id: 'resumeRun',
    tag: 'Runs',
    scope: 'run',
    summary: 'Let a run that failed or was escalated go on',
    params,
    unknown: { id: 'unknown-run' },
    answers: { 202: accepted('It goes on from the stage that failed.') },
    problems: ['state-conflict'],
  },
  'POST /v1/runs/:id/retry-now': {
    id: 'retryRunNow',
    tag: 'Runs',
    scope: 'run',
    summary: 'Skip the delay before the next recovery attempt',
    params,
    unknown: { id: 'unknown-run' },
    answers: { 202: accepted('The attempt is due.') },
    problems: ['state-conflict'],
  },
} as const satisfies Operations;
