import { createHash } from 'node:crypto';
import { recoveryPolicy } from '../core/recovery.ts';
import { DEFAULT_SETTINGS } from '../core/settings.ts';
import { startRun } from '../core/transition.ts';
import type { Database } from '../db/connection.ts';
import { newId } from '../db/id.ts';
import { type Idempotency, insertRun, type Run } from '../db/runs.ts';
import type { DispatchJob } from '../queue/port.ts';
import type { ApiParts } from './context.ts';
import type { CheckedPipeline } from './pipeline-document.ts';
import type { Shelf } from './pipeline-library.ts';
import { placeRun } from './placement.ts';
import { ProblemError } from './problem.ts';
import type { RunRequest } from './request.ts';

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
  const { pipeline, mutating } = findPipeline(await pipelines.shelf(), request.pipelineName);
  const id = newId();
  const policy = recoveryPolicy(DEFAULT_SETTINGS, mutating);
  const inserted = await insertRun(
    database,
    {
      id,
      pipeline,
      mutating,
      environmentId: environment.id,
      host: environment.host,
      workingDirectory: request.workingDirectory,
      userPrompt: request.userPrompt,
      start: startRun({ pipeline, policy, newId }),
    },
    idempotencyOf(request, caller),
  );
  if (inserted.kind === 'key_reused')
    throw new ProblemError('idempotency-key-reused', 'Another request came under this Idempotency-Key.', {
      nextStep: 'Give every new request a key of its own.',
    });
  return inserted.kind === 'created'
    ? { runId: id, replayed: false }
    : { runId: inserted.runId, replayed: true };
}

/** The first wake-up call of a run. */
export function firstJob(run: Run): DispatchJob {
  return {
    kind: run.state.work?.kind === 'recovery' ? 'recovery' : 'stages',
    host: run.host,
    runId: run.id,
    dispatch: run.dispatch,
    name: run.currentStage ?? run.pipelineName,
    ...(run.currentStage === null ? {} : { stageId: run.currentStage }),
  };
}

function findPipeline({ pipelines, broken }: Shelf, name: string): CheckedPipeline {
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
