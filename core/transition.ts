import {
  attemptsMade,
  Draft,
  type Foreseen,
  RESUMABLE_STATUSES,
  STAGE_ATTEMPT_CAP,
  type Transition,
  type TransitionContext,
} from './draft.ts';
import { isRecoveryStage, type Pipeline, stageOf } from './pipeline.ts';
import {
  type ActiveRun,
  type FinishedRun,
  isFinished,
  type RecoveryWork,
  type ResumePoint,
  type RunEvent,
  type RunState,
  type StageWork,
} from './run.ts';

export { RESUMABLE_STATUSES, type Transition, type TransitionContext, withoutPolicy } from './draft.ts';

/** The state of a run that was just accepted: its first stage is to be attempted. */
export function startRun(context: TransitionContext, foreseen?: Foreseen): Transition {
  const at = beginningOf(context.pipeline);
  const draft = new Draft({ attempts: {}, incident: null, continuation: null }, context, at);
  return foreseen ? draft.foreseen(at.stageId, foreseen) : queued(draft.goOn(at));
}

/** Where a run of this pipeline begins. */
function beginningOf({ id, stages: [first] }: Pipeline): ResumePoint {
  if (!first) throw new RangeError(`pipeline ${id} has no stages`);
  return isRecoveryStage(first) ? { kind: 'recovery', stageId: first.id } : fromStage(first.id);
}

function fromStage(stageId: string, unproven: readonly string[] = []): ResumePoint {
  return { kind: 'stage', stageId, purpose: 'flow', continuation: null, unproven };
}

function queued(opened: Transition): Transition {
  return opened.state.status === 'running'
    ? { ...opened, state: { ...opened.state, status: 'queued' } }
    : opened;
}

/**
 * A run that failed or was escalated goes on where it failed, with a new incident should it fail again. `null`:
 * its stage attempts are used up. `attempted`: the stages that it attempted, in their order, for a run of an
 * earlier version that did not keep its place.
 */
export function resumeRun(
  state: FinishedRun,
  context: TransitionContext,
  attempted: readonly string[] = [],
): Transition | null {
  if (!RESUMABLE_STATUSES.some((status) => status === state.status))
    throw new RangeError(`a run that ${state.status} is not resumed`);
  const at = state.resumeFrom ?? lastPlace(context.pipeline, attempted);
  const { attempts, outcome } = state;
  if (outcome === STAGE_ATTEMPT_CAP || attemptsMade(attempts) >= context.policy.maxStageAttempts) return null;
  return queued(new Draft({ attempts, incident: null, continuation: null }, context, at).goOn(at));
}

function lastPlace(pipeline: Pipeline, attempted: readonly string[]): ResumePoint {
  const last = attempted.findLast((stageId) => !isRecoveryStage(stageOf(pipeline, stageId)));
  return last === undefined ? beginningOf(pipeline) : fromStage(last);
}

/**
 * The next state of a run and what else is to be written with it. Pure; an event that the state does not
 * expect is a programming error and throws.
 */
export function transition(state: RunState, event: RunEvent, context: TransitionContext): Transition {
  if (isFinished(state)) throw new RangeError(`a run that ${state.status} takes no event (${event.type})`);
  const draft = new Draft(state, context, placeOf(state));
  switch (event.type) {
    case 'begun':
      return begin(state);
    case 'stage_decided':
      return draft.decided(expectStage(state, event), event.decision, event.failure);
    case 'stage_failed':
      return draft.failed(expectStage(state, event), null, event.failure);
    case 'recovery_finished':
      return draft.recovered(expectRecovery(state, event), event.outcome);
    case 'cancelled':
      return draft.cancelled(state);
    case 'abandoned':
      return draft.abandoned(state, event.escalation);
  }
}

/** Where the run is: at a stage, or under repair because of one. */
function placeOf({ work, incident, continuation }: ActiveRun): ResumePoint {
  const unproven = incident?.unproven ?? [];
  if (work.kind === 'stage') {
    const { stageId, purpose } = work;
    return { kind: 'stage', stageId, purpose, continuation, unproven };
  }
  const stageId = incident?.raisedBy ?? null;
  if (stageId !== null) return fromStage(stageId, unproven);
  if (work.recoveryStage) return { kind: 'recovery', stageId: work.recoveryStage.stageId };
  throw new RangeError('an implicit recovery without a failed stage');
}

function begin(state: ActiveRun): Transition {
  return state.work.kind === 'stage'
    ? {
        state: { ...state, status: 'running', work: state.work },
        changes: [{ type: 'stage_attempt_begun', id: state.work.attemptId }],
      }
    : {
        state: { ...state, status: 'recovering', work: state.work },
        changes: [{ type: 'recovery_attempt_begun', id: state.work.attemptId }],
      };
}

function expectStage(state: ActiveRun, event: RunEvent): StageWork {
  if (state.work.kind !== 'stage') throw new RangeError(`${event.type} while ${state.status}`);
  return state.work;
}

function expectRecovery(state: ActiveRun, event: RunEvent): RecoveryWork {
  if (state.work.kind !== 'recovery') throw new RangeError(`${event.type} while ${state.status}`);
  return state.work;
}
