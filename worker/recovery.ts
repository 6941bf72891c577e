import { diagnoseStage } from '../core/diagnosis/stage.ts';
import { diagnose } from '../core/diagnosis.ts';
import { messageOf } from '../core/errors.ts';
import { type Diagnosis, NEVER_RESET } from '../core/failure.ts';
import type { Observation } from '../core/observation.ts';
import type { RecoveryMode } from '../core/recovery.ts';
import type { Failure, RecoveryOutcome } from '../core/run.ts';
import type { Settings } from '../core/settings.ts';
import { strategyFor } from '../core/strategies/index.ts';
import type { Action, Rung } from '../core/strategy.ts';
import type { RecordedAction } from '../db/schema.ts';
import { perform } from './actions.ts';
import { describeDiagnoses, settle } from './agents/settle.ts';
import type { Stack } from './components/stack.ts';

/** More repairs than this within one attempt mean that one undoes the other. */
const STEPS_MAX = 12;
/** A reindex reads block files for a while before the height rises. */
const REINDEX_STALL_SECONDS = 10;

export interface RecoveryContext {
  stack: Stack;
  settings: Settings;
  signal: AbortSignal;
  /** What the stage failed with that raised the incident. */
  raised: Failure;
  observe(): Promise<Observation>;
  /** `last_resort`: the targeted attempts are used up. */
  mode: RecoveryMode;
  /** Resets the whole environment and tells its steps; `null` where that is not allowed. */
  reset: ((note: (step: string, result: string) => Promise<void>) => Promise<void>) | null;
  /** Tells what is going on while it goes on. */
  note(type: string, data: Record<string, unknown>): Promise<void>;
}

export interface RecoveryReport {
  outcome: RecoveryOutcome;
  /** The root cause as it was first found; `null` where nothing was wrong any more. */
  cause: Diagnosis | null;
  strategy: string | null;
  actions: RecordedAction[];
  before: Diagnosis[];
  after: Diagnosis[];
}

/**
 * One recovery attempt: observe everything, diagnose from the bottom up, act, prove, and again for what is
 * left, until the stack works or a strategy has no rung left to try.
 */
export async function recover(context: RecoveryContext): Promise<RecoveryReport> {
  const { stack, settings, signal, note } = context;
  let observation = await context.observe();
  const before = findings(observation, context.raised);
  const [cause = null] = before;
  const actions: RecordedAction[] = [];
  const climbed = new Map<string, number>();
  let strategyName: string | null = null;
  const report = (outcome: RecoveryOutcome): RecoveryReport => {
    return {
      outcome,
      cause,
      strategy: strategyName,
      actions,
      before,
      after: findings(observation, context.raised),
    };
  };

  if (cause && context.mode === 'last_resort' && context.reset && !NEVER_RESET.has(cause.failure)) {
    strategyName = 'environment-reset';
    const failure = await resetAll(context.reset, actions, note);
    observation = await context.observe();
    return report(failure === null ? { kind: 'healed', reset: true } : { kind: 'failed', reason: failure });
  }

  for (let step = 0; step < STEPS_MAX; step++) {
    const [root] = findings(observation, context.raised);
    if (!root) return report({ kind: 'healed', reset: false });
    await note('diagnosis', { ...root });
    const strategy = strategyFor(root);
    strategyName ??= strategy.name;
    const plan = strategy.plan({ diagnosis: root, observation, environment: stack.environment, settings });
    if (plan.kind === 'hopeless') return report({ kind: 'hopeless', escalation: plan.escalation });

    const failure = `${root.component}:${root.failure}`;
    const rungs = climbed.get(failure) ?? 0;
    const rung = plan.rungs[rungs];
    if (!rung) return report({ kind: 'failed', reason: describeDiagnoses([root]) });
    climbed.set(failure, rungs + 1);
    await note('strategy', { strategy: strategy.name, rung: rungs + 1, of: plan.rungs.length });
    await carryOut(rung, context, actions);
    observation = await verified(rung, root, context);
    signal.throwIfAborted();
  }
  return report({ kind: 'failed', reason: `no end after ${STEPS_MAX} repairs in one attempt` });
}

/** Why the reset came to nothing, `null` where it did not. */
async function resetAll(
  reset: NonNullable<RecoveryContext['reset']>,
  actions: RecordedAction[],
  note: RecoveryContext['note'],
): Promise<string | null> {
  let startedAt = performance.now();
  try {
    await reset(async (step, result) => {
      const durationMs = Math.round(performance.now() - startedAt);
      startedAt = performance.now();
      const recorded: RecordedAction = {
        type: 'reset',
        step,
        at: new Date().toISOString(),
        durationMs,
        result,
      };
      actions.push(recorded);
      await note('action', { ...recorded });
    });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** What the components show; where they show nothing, what the failed stage itself knows for certain. */
function findings(observation: Observation, raised: Failure): Diagnosis[] {
  const found = diagnose(observation);
  const known = found.length === 0 ? diagnoseStage(raised) : null;
  return known ? [known] : found;
}

async function carryOut(
  rung: Rung,
  { stack, signal, note }: RecoveryContext,
  actions: RecordedAction[],
): Promise<void> {
  for (const action of rung.actions) {
    signal.throwIfAborted();
    const recorded = await carryOutOne(stack, action);
    actions.push(recorded);
    await note('action', { ...recorded });
  }
}

/** An action that fails is a fact like any other: what it left behind is for the next observation to judge. */
async function carryOutOne(stack: Stack, action: Action): Promise<RecordedAction> {
  const at = new Date().toISOString();
  const startedAt = performance.now();
  const result = await perform(stack, action).catch((error: unknown) => `failed: ${messageOf(error)}`);
  return { ...action, at, durationMs: Math.round(performance.now() - startedAt), result };
}

async function verified(
  rung: Rung,
  root: Diagnosis,
  { observe, signal }: RecoveryContext,
): Promise<Observation> {
  const { observation } = await settle({
    observe,
    concerns: ({ component }) => component === root.component,
    timeoutMs: rung.verifySeconds * 1000,
    ...(rung.actions.some((action) => action.type === 'start' && action.reindex) && {
      stallSeconds: REINDEX_STALL_SECONDS,
    }),
    signal,
  });
  return observation;
}
