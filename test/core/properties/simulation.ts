import { type Pipeline, stageOf } from '../../../core/pipeline.ts';
import type { RecoveryPolicy } from '../../../core/recovery.ts';
import { type ActiveRun, isFinished, type RunEvent, type RunState } from '../../../core/run.ts';
import { resumeRun, startRun, type Transition, transition } from '../../../core/transition.ts';
import type { Fate } from './generators.ts';

export interface Step {
  /** `null`: the run was accepted, or resumed where there is a state before. */
  event: RunEvent | null;
  before: RunState | null;
  after: RunState;
  changes: Transition['changes'];
}

const escalation = { reason: 'critical_error', detail: 'a person is needed' } as const;
const failure = { code: 'broke', message: 'it broke' };

/** The event that a fate means for the work under way; every fate means something for every work. */
export function eventFor(state: ActiveRun, fate: Fate, pipeline: Pipeline): RunEvent {
  if (fate.kind === 'begins again') return { type: 'begun' };
  if (fate.kind === 'is cancelled') return { type: 'cancelled' };
  if (fate.kind === 'is abandoned') return { type: 'abandoned', escalation };
  return state.work.kind === 'stage' ? stageEvent(state.work.stageId, fate, pipeline) : recoveryEvent(fate);
}

function stageEvent(stageId: string, fate: Fate, pipeline: Pipeline): RunEvent {
  if (fate.kind === 'breaks' || fate.kind === 'is hopeless') return { type: 'stage_failed', failure };
  if (fate.kind === 'babbles') return { type: 'stage_decided', decision: 'said by nobody' };
  const { decisions } = stageOf(pipeline, stageId);
  const which = fate.kind === 'decides' ? fate.which : 0;
  return { type: 'stage_decided', decision: decisions[which % decisions.length]?.choice ?? '' };
}

function recoveryEvent(fate: Fate): RunEvent {
  if (fate.kind === 'is hopeless')
    return { type: 'recovery_finished', outcome: { kind: 'hopeless', escalation } };
  if (fate.kind === 'fails to heal' || fate.kind === 'breaks')
    return { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still broken' } };
  return {
    type: 'recovery_finished',
    outcome: { kind: 'healed', reset: fate.kind === 'heals' && fate.reset },
  };
}

/**
 * The most events that can bring a run on: each stage attempt closes once, each incident has its targeted attempts
 * and a last resort, and no incident opens without a stage attempt that failed, but for one that was asked for, or that a resumption
 * opens anew.
 */
export function eventBound({ maxStageAttempts, targetedAttempts }: RecoveryPolicy, resumptions = 0): number {
  return maxStageAttempts + (maxStageAttempts + 1 + resumptions) * (targetedAttempts + 1);
}

function countedIds(): () => string {
  let ids = 0;
  return () => `id-${++ids}`;
}

/** Between two steps a state lives in a JSON column; nobody may have changed it in place. */
function stored(state: RunState): RunState {
  return frozen(JSON.parse(JSON.stringify(state)));
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(Object.freeze(value))) frozen(inner);
  return value;
}

/**
 * Carries a run to its end under fates that repeat for ever; repeated beginnings bring nothing on and are
 * skipped once a round has gone by. A run that failed or was escalated is resumed that often, if it can be.
 * Throws when the run outlives its bound.
 */
export function simulate(
  pipeline: Pipeline,
  policy: RecoveryPolicy,
  fates: Fate[],
  { newId = countedIds(), resumptions = 0 }: { newId?: () => string; resumptions?: number } = {},
): Step[] {
  const context = frozen({ pipeline, policy, newId });
  const started = startRun(context);
  const steps: Step[] = [{ event: null, before: null, after: started.state, changes: started.changes }];
  let state = stored(started.state);
  let progressed = 0;
  let resumed = 0;
  for (let turn = 0; ; turn++) {
    if (isFinished(state)) {
      const isOver = state.status === 'succeeded' || state.status === 'cancelled' || resumed === resumptions;
      const again = isOver ? null : resumeRun(state, context);
      if (again === null) return steps;
      resumed++;
      steps.push({ event: null, before: state, after: again.state, changes: again.changes });
      state = stored(again.state);
      continue;
    }
    const fate = fates[turn % fates.length] ?? { kind: 'breaks' };
    if (fate.kind === 'begins again' && turn >= fates.length)
      if (fates.every(({ kind }) => kind === 'begins again')) return steps;
      else continue;
    const event = eventFor(state, fate, pipeline);
    if (event.type !== 'begun' && ++progressed > eventBound(policy, resumptions))
      throw new Error(`the run lasts longer than ${eventBound(policy, resumptions)} events`);
    const next = transition(state, event, context);
    steps.push({ event, before: state, after: next.state, changes: next.changes });
    state = stored(next.state);
  }
}
