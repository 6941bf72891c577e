import { z } from 'zod';
import { STAGE_ATTEMPT_STATUSES } from '../../core/run.ts';
import { attempt } from './attempts.ts';
import { count, instant, name, pageOf, runStatus, text, uuid } from './fields.ts';
import { runIncident } from './recoveries.ts';

const MAX_PROMPT_BYTES = 8 * 1024;

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
    z.strictObject({
      kind: z.literal('environment'),
      environment: z.string(),
      host: z.string(),
      lastSeenAt: instant.meta({ description: 'When its worker served it last.' }),
    }),
    z.strictObject({ kind: z.literal('retry'), at: instant }),
    z.strictObject({ kind: z.literal('call') }),
  ])
  .meta({
    id: 'WaitingFor',
    description:
      'What has to happen before somebody works on it: another run ends, its host gets a worker, the worker of its host finds its environment again, the delay before a retry is over. `cancel`: its worker ends it. `call`: nothing, it is about to be taken.',
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

export const runPage = pageOf(runSummary).meta({ id: 'RunPage' });

export type RunSummary = z.output<typeof runSummary>;
export type Run = z.output<typeof run>;
