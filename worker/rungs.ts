import { messageOf } from '../core/errors.ts';
import type { Diagnosis } from '../core/failure.ts';
import type { Observation } from '../core/observation.ts';
import type { ResetStepName } from '../core/reset.ts';
import type { Action, Rung } from '../core/strategy.ts';
import type { RecordedAction } from '../db/schema.ts';
import { perform } from './actions.ts';
import { settle } from './agents/settle.ts';
import { untilAnswering } from './components/answering.ts';
import type { Stack } from './components/stack.ts';
import { isInterruption } from './interruption.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

/** A reindex that reads block files, whether ours or somebody else's, knows of more headers every second. */
const REINDEX_STALL_SECONDS = 10;

export interface RungContext {
  stack: Stack;
  signal: AbortSignal;
  observe(): Promise<Observation>;
  /** Carries out one action and says what came of it. */
  perform(action: Action): Promise<string>;
  /** Looks until the component works, the rung has had its time, or this machine runs out of something. */
  verify(rung: Rung, root: Diagnosis): Promise<Observation>;
  /** Tells what is going on while it goes on. */
  note(type: string, data: Record<string, unknown>): Promise<void>;
}

/** Resets the whole environment and tells its steps. */
export type Reset = (note: (step: ResetStepName, result: string) => Promise<void>) => Promise<void>;

/**
 * Carries out the actions of a rung. One that fails is a fact like any other: what it left behind is for the next
 * observation to judge. Tells what this machine ran out of, `null` where it did not.
 */
export async function carryOut(
  rung: Rung,
  { perform, signal, note }: RungContext,
  actions: RecordedAction[],
): Promise<string | null> {
  for (const action of rung.actions) {
    signal.throwIfAborted();
    const { recorded, lacking } = await carryOutOne(perform, action);
    actions.push(recorded);
    await note('action', { ...recorded });
    if (lacking !== null) return lacking;
  }
  return null;
}

async function carryOutOne(
  perform: RungContext['perform'],
  action: Action,
): Promise<{ recorded: RecordedAction; lacking: string | null }> {
  const at = new Date().toISOString();
  const startedAt = performance.now();
  let lacking: string | null = null;
  const result = await perform(action).catch((error: unknown) => {
    if (isResourceExhaustion(error)) lacking = messageOf(error);
    return `failed: ${messageOf(error)}`;
  });
  return {
    recorded: { ...action, at, durationMs: Math.round(performance.now() - startedAt), result },
    lacking,
  };
}

/** How rungs are carried out and proven on a real stack. */
export function rungExecutor(observer: Pick<RungContext, 'stack' | 'observe' | 'signal'>): RungExecutor {
  return {
    perform: (action) => perform(observer.stack, action),
    verify: (rung, root) => verified(rung, root, observer),
  };
}

type RungExecutor = Pick<RungContext, 'perform' | 'verify'>;

async function verified(
  rung: Rung,
  root: Diagnosis,
  { stack, observe, signal }: Pick<RungContext, 'stack' | 'observe' | 'signal'>,
): Promise<Observation> {
  const timeoutMs = rung.verifySeconds * 1000;
  const endsAt = performance.now() + timeoutMs;
  if (rung.actions.some((action) => action.type === 'start' && action.component === root.component))
    await untilAnswering(stack, root.component, { timeoutMs, signal }).catch(ignoreError);
  signal.throwIfAborted();
  const { observation } = await settle({
    observe,
    concerns: ({ component, failure }) => component === root.component || failure === 'resource_exhausted',
    timeoutMs: Math.max(0, endsAt - performance.now()),
    ...((root.failure === 'chain_rolled_back' || reindexes(rung)) && { stallSeconds: REINDEX_STALL_SECONDS }),
    signal,
  });
  return observation;
}

function reindexes({ actions }: Rung): boolean {
  return actions.some((action) => action.type === 'start' && action.reindex);
}

/**
 * Why the reset came to nothing, `null` where it did not.
 * @throws what interrupted it: it goes on later, here or with another
 */
export async function resetAll(
  reset: Reset,
  { note }: RungContext,
  actions: RecordedAction[],
): Promise<string | null> {
  let startedAt = performance.now();
  try {
    await reset(async (step, result) => {
      const durationMs = Math.round(performance.now() - startedAt);
      startedAt = performance.now();
      const at = new Date().toISOString();
      const recorded: RecordedAction = { type: 'reset', step, at, durationMs, result };
      actions.push(recorded);
      await note('action', { ...recorded });
    });
    return null;
  } catch (error) {
    if (isInterruption(error)) throw error;
    return messageOf(error);
  }
}

/** What kept us from waiting is seen by the look that follows. */
function ignoreError(): void {}
