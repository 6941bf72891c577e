import type { Pipeline } from '../../core/pipeline.ts';
import { DATA_DESTROYING, mayResetAs, type ResetType } from '../../core/reset.ts';
import type { Database } from '../../db/connection.ts';
import type { RegisteredEnvironment } from '../../db/environments.ts';
import type { ApiParts } from '../context.ts';
import { ProblemError } from '../http/problem.ts';
import { findEnvironment } from './find-environment.ts';
import { assertServed } from './placement.ts';
import {
  acceptRun,
  findPipeline,
  type IdempotentCaller,
  idempotencyOf,
  type Submission,
  submittedBefore,
} from './submit-run.ts';

const RESET_PIPELINE = 'environment-reset';

export interface ResetOrder {
  name: string;
  type: ResetType;
  confirm?: string | undefined;
  host?: string | undefined;
  /** What is at work there is cancelled, and does not stand in its way. */
  preempt?: boolean | undefined;
}

/** Accepts an environment reset as a run of its own: followed, leased and shown like any other. */
export async function submitReset(
  { database, pipelines }: { database: Database; pipelines: ApiParts['pipelines'] },
  order: ResetOrder,
  caller: IdempotentCaller,
): Promise<Submission> {
  const { name, type, confirm = null, host = null, preempt = false } = order;
  const idempotency = idempotencyOf(['reset', name, type, confirm, host, preempt], caller);
  const before = await submittedBefore(database, idempotency);
  if (before) return before;
  const environment = await findEnvironment(database, order);
  assertAllowed(environment, order);
  await assertServed(database, environment);
  const { pipeline } = findPipeline(await pipelines.catalogue(), RESET_PIPELINE);
  const { workingDirectory } = environment;
  const userPrompt = `environment reset: ${type}`;
  const accepted = { environment, workingDirectory, userPrompt, alone: !preempt };
  return await acceptRun(database, { ...accepted, pipeline: ofType(pipeline, type) }, idempotency);
}

/** The definition is pinned to the run: that is where the type is kept. */
function ofType(pipeline: Pipeline, reset: ResetType): Pipeline {
  return {
    ...pipeline,
    stages: pipeline.stages.map((stage) => (stage.reset === undefined ? stage : { ...stage, reset })),
  };
}

function assertAllowed({ name, definition }: RegisteredEnvironment, { type, confirm }: ResetOrder): void {
  if (!mayResetAs(definition, type))
    throw new ProblemError('reset-not-allowed', `Environment ${name} may not be reset (${type}).`, {
      nextStep: DATA_DESTROYING[type]
        ? 'Only on regtest, and only where davy.json says "resettable": true. A soft reset keeps all data.'
        : 'Only on regtest, and not where davy.json says "manage": false.',
    });
  if (!DATA_DESTROYING[type]) return;
  if (confirm === undefined)
    throw new ProblemError(
      'confirmation-required',
      `A ${type} reset wipes the chain and the logs of ${name}.`,
      {
        nextStep: `Repeat the request with "confirm": "${name}".`,
      },
    );
  if (confirm !== name)
    throw new ProblemError('confirmation-mismatch', `The confirmation does not say "${name}".`, {
      nextStep: 'Confirm with the exact name of the environment that is to be reset.',
    });
}
