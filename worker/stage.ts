import { actionOf, decisionFor } from '../core/agent.ts';
import { DavyError, messageOf } from '../core/errors.ts';
import type { Failure, RunEvent } from '../core/run.ts';
import type { StageContext } from './agents/agent.ts';
import { EXECUTORS } from './agents/index.ts';
import { RpcError } from './host/rpc.ts';
import { isInterruption } from './interruption.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

export interface StageResult {
  event: Extract<RunEvent, { type: 'stage_decided' | 'stage_failed' }>;
  evidence: Record<string, unknown>;
}

/**
 * Runs one stage to its decision. Whatever goes wrong becomes the stage's failure, with its reason.
 * @throws DavyError `database-unavailable`: of the stage nothing is known, and it is to be attempted again
 */
export async function runStage(context: StageContext): Promise<StageResult> {
  const action = actionOf(context.stage);
  if (action === null || action === 'recover')
    return failure({ code: 'bad_config', message: `stage ${context.stage.id} has nothing to do` });
  try {
    const verdict = await EXECUTORS[action](context);
    if ('decision' in verdict) {
      const { decision, evidence } = verdict;
      return { event: { type: 'stage_decided', decision }, evidence };
    }
    const decision = decisionFor(context.stage, verdict.succeeded ? 'positive' : 'negative');
    if (decision === null)
      return failure(verdict.succeeded ? NO_DECISION : verdict.failure, verdict.evidence);
    const cause = verdict.succeeded ? {} : { failure: verdict.failure };
    return { event: { type: 'stage_decided', decision, ...cause }, evidence: verdict.evidence };
  } catch (error) {
    context.signal.throwIfAborted();
    if (isInterruption(error)) throw error;
    return failure(failureOf(error));
  }
}

const NO_DECISION: Failure = {
  code: 'undeclared_decision',
  message: 'the stage declares no decision for a success',
};

function failure(cause: Failure, evidence: Record<string, unknown> = {}): StageResult {
  return { event: { type: 'stage_failed', failure: cause }, evidence };
}

function failureOf(error: unknown): Failure {
  if (error instanceof RpcError) return { code: `rpc_${error.kind}`, message: error.message };
  if (isResourceExhaustion(error)) return { code: 'resource_exhausted', message: messageOf(error) };
  return { code: error instanceof DavyError ? error.code : 'error', message: messageOf(error) };
}
