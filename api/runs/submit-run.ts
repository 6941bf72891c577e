import { createHash } from 'node:crypto';
import { isMutating, type Pipeline } from '../../core/pipeline.ts';
import { recoveryPolicy } from '../../core/recovery.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import { startRun, withoutPolicy } from '../../core/transition.ts';
import type { Database } from '../../db/connection.ts';
import type { RegisteredEnvironment } from '../../db/environments.ts';
import { newId } from '../../db/id.ts';
import { findRepeated, type Idempotency, insertRun } from '../../db/runs.ts';
import type { ApiParts } from '../context.ts';
import type { RunRequest } from '../contract/run.ts';
import { ProblemError } from '../http/problem.ts';
import type { CheckedPipeline } from './pipeline-document.ts';
import type { Catalogue } from './pipeline-library.ts';
import { placeRun } from './placement.ts';

export interface Submission {
  runId: string;
  /** The same request was accepted before. */
  replayed: boolean;
}

/** Who asks, and under which `Idempotency-Key`. */
export interface IdempotentCaller {
  keyId: string;
  idempotencyKey: string | null;
}

/** Accepts a run: everything that the worker needs is committed when this returns. */
export async function submitRun(
  { database, pipelines }: { database: Database; pipelines: ApiParts['pipelines'] },
  request: RunRequest,
  caller: IdempotentCaller,
): Promise<Submission> {
  const { pipelineName, userPrompt, workingDirectory, host = null } = request;
  const idempotency = idempotencyOf([pipelineName, userPrompt, workingDirectory, host], caller);
  const before = await submittedBefore(database, idempotency);
  if (before) return before;
  const environment = await placeRun(database, request);
  const { pipeline } = findPipeline(await pipelines.catalogue(), pipelineName);
  const accepted = { environment, pipeline, workingDirectory, userPrompt };
  return await acceptRun(database, accepted, idempotency);
}

/** The run that a repeated request has started, even where a new one would not be accepted any more. */
export async function submittedBefore(
  database: Database,
  idempotency: Idempotency | null,
): Promise<Submission | null> {
  const repeated = idempotency && (await findRepeated(database, idempotency));
  if (!repeated) return null;
  if (repeated.kind === 'key_reused') throw keyReused();
  return { runId: repeated.runId, replayed: true };
}

export interface AcceptedRun {
  environment: RegisteredEnvironment;
  pipeline: Pipeline;
  workingDirectory: string;
  userPrompt: string;
  /** Only if no other run that changes anything waits or works there. */
  alone?: boolean;
}

/** Commits a run of a checked pipeline in an environment. */
export async function acceptRun(
  database: Database,
  { environment, pipeline, workingDirectory, userPrompt, alone = false }: AcceptedRun,
  idempotency: Idempotency | null,
): Promise<Submission> {
  const id = newId();
  const mutating = isMutating(pipeline);
  const policy = recoveryPolicy(DEFAULT_SETTINGS, mutating);
  const start = withoutPolicy(startRun({ pipeline, policy, newId }));
  const { id: environmentId, host } = environment;
  const run = { id, pipeline, mutating, environmentId, host, workingDirectory, userPrompt, start, alone };
  const inserted = await insertRun(database, run, idempotency);
  if (inserted.kind === 'key_reused') throw keyReused();
  if (inserted.kind === 'busy')
    throw new ProblemError('state-conflict', `A run is at work in environment ${environment.name}.`, {
      nextStep: 'Wait for its end, which GET /v1/runs?environment= shows, or repeat it with "preempt": true.',
    });
  return inserted.kind === 'created'
    ? { runId: id, replayed: false }
    : { runId: inserted.runId, replayed: true };
}

/** @throws ProblemError `unknown-pipeline` */
export function findPipeline({ pipelines, broken }: Catalogue, name: string): CheckedPipeline {
  const found = pipelines.get(name);
  if (found !== undefined) return found;
  const spoilt = broken.find(({ id }) => id === name);
  if (spoilt !== undefined)
    throw new ProblemError('unknown-pipeline', `The pipeline in ${spoilt.file} cannot be used.`, {
      errors: spoilt.problems,
      nextStep: 'Repair the file; it is read again with the next request.',
    });
  throw new ProblemError('unknown-pipeline', 'No pipeline has this name.', {
    nextStep: `Use one of ${[...pipelines.keys()].sort().join(', ')}.`,
  });
}

/** `content`: what makes two requests the same. */
export function idempotencyOf(
  content: readonly unknown[],
  { keyId, idempotencyKey }: IdempotentCaller,
): Idempotency | null {
  if (idempotencyKey === null) return null;
  const requestHash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return { apiKeyId: keyId, key: idempotencyKey, requestHash };
}

function keyReused(): ProblemError {
  return new ProblemError('idempotency-key-reused', 'Another request came under this Idempotency-Key.', {
    nextStep: 'Give every new request a key of its own.',
  });
}
