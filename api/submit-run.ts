import { createHash } from 'node:crypto';
import { isMutating, type Pipeline } from '../core/pipeline.ts';
import { recoveryPolicy } from '../core/recovery.ts';
import { DEFAULT_SETTINGS } from '../core/settings.ts';
import { startRun } from '../core/transition.ts';
import type { Database } from '../db/connection.ts';
import type { RegisteredEnvironment } from '../db/environments.ts';
import { newId } from '../db/id.ts';
import { type Idempotency, insertRun } from '../db/runs.ts';
import type { ApiParts } from './context.ts';
import type { RunRequest } from './contract/runs.ts';
import type { CheckedPipeline } from './pipeline-document.ts';
import type { Shelf } from './pipeline-library.ts';
import { placeRun } from './placement.ts';
import { ProblemError } from './problem.ts';

export interface Submission {
  runId: string;
  /** The same request was accepted before. */
  replayed: boolean;
}

/** Accepts a run: everything that the worker needs is committed when this returns. */
export async function submitRun(
  { database, pipelines }: { database: Database; pipelines: ApiParts['pipelines'] },
  request: RunRequest,
  caller: { keyId: string; idempotencyKey: string | null },
): Promise<Submission> {
  const environment = await placeRun(database, request);
  const { pipeline } = findPipeline(await pipelines.shelf(), request.pipelineName);
  const { workingDirectory, userPrompt } = request;
  const accepted = { environment, pipeline, workingDirectory, userPrompt };
  return await acceptRun(database, accepted, idempotencyOf(request, caller));
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
  const start = startRun({ pipeline, policy: recoveryPolicy(DEFAULT_SETTINGS, mutating), newId });
  const { id: environmentId, host } = environment;
  const run = { id, pipeline, mutating, environmentId, host, workingDirectory, userPrompt, start, alone };
  const inserted = await insertRun(database, run, idempotency);
  if (inserted.kind === 'key_reused')
    throw new ProblemError('idempotency-key-reused', 'Another request came under this Idempotency-Key.', {
      nextStep: 'Give every new request a key of its own.',
    });
  if (inserted.kind === 'busy')
    throw new ProblemError('state-conflict', `A run is at work in environment ${environment.name}.`, {
      nextStep: 'Wait for its end; GET /v1/runs?environment= shows it.',
    });
  return inserted.kind === 'created'
    ? { runId: id, replayed: false }
    : { runId: inserted.runId, replayed: true };
}

/** @throws ProblemError `unknown-pipeline` */
export function findPipeline({ pipelines, broken }: Shelf, name: string): CheckedPipeline {
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

function idempotencyOf(
  { pipelineName, userPrompt, workingDirectory, host }: RunRequest,
  { keyId, idempotencyKey }: { keyId: string; idempotencyKey: string | null },
): Idempotency | null {
  if (idempotencyKey === null) return null;
  const content = JSON.stringify([pipelineName, userPrompt, workingDirectory, host ?? null]);
  const requestHash = createHash('sha256').update(content).digest('hex');
  return { apiKeyId: keyId, key: idempotencyKey, requestHash };
}
