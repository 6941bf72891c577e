import { polarityOf } from '../../../core/agent.ts';
import {
  type Connection,
  isRecoveryStage,
  type Pipeline,
  type Stage,
  stageOf,
} from '../../../core/pipeline.ts';
import type { RecoveryPolicy } from '../../../core/recovery.ts';
import type { Change, RunState } from '../../../core/run.ts';
import type { Step } from './simulation.ts';

interface Incident {
  id: string;
  recoveryAttempts: number;
  /** Stages that failed under it and have not passed since, by our own bookkeeping. */
  unproven: Set<string>;
}

/**
 * Books what transitions write, by rules of its own, and objects to whatever does not add up. It knows the
 * pipeline and the policy, and nothing of how `transition()` works.
 */
export class Ledger {
  private readonly pipeline: Pipeline;
  private readonly policy: RecoveryPolicy;
  private readonly stages = new Map<string, { stageId: string; purpose: string }>();
  private readonly recoveries = new Map<string, string>();
  private readonly everOpened = new Set<string>();
  private readonly counts = new Map<string, number>();
  private incident: Incident | null = null;
  /** Stages that were closed as failed in this step, whose incident is written next. */
  private failing: string[] = [];
  /** Stages that failed and have not passed since, whatever became of their incidents. */
  private readonly owed = new Set<string>();

  constructor(pipeline: Pipeline, policy: RecoveryPolicy) {
    this.pipeline = pipeline;
    this.policy = policy;
  }

  book(step: Step): void {
    const resumed = step.changes.find((change) => change.type === 'stage_attempt_opened');
    for (const change of step.changes) this.enter(change);
    if (step.event === null) this.takeUp(resumed?.stageId);
    this.compare(step.after);
  }

  private enter(change: Change): void {
    if (change.type === 'stage_attempt_opened') this.openStage(change);
    else if (change.type === 'stage_attempt_begun')
      insist(this.stages.has(change.id), 'a stage attempt begins while it is open');
    else if (change.type === 'stage_attempt_closed') this.closeStage(change);
    else if (change.type === 'incident_opened') this.openIncident(change);
    else if (change.type === 'recovery_attempt_opened') this.openRecovery(change);
    else if (change.type === 'recovery_attempt_begun')
      insist(this.recoveries.has(change.id), 'a recovery attempt begins while it is open');
    else if (change.type === 'recovery_attempt_closed')
      insist(this.recoveries.delete(change.id), 'a recovery attempt closes once');
    else this.closeIncident(change);
  }

  private openStage({
    id,
    stageId,
    number,
    purpose,
  }: Extract<Change, { type: 'stage_attempt_opened' }>): void {
    this.neverBefore(id);
    insist(this.stages.size === 0, 'one stage attempt at a time');
    const count = (this.counts.get(stageId) ?? 0) + 1;
    insist(number === count, 'stage attempts are numbered one by one');
    this.counts.set(stageId, count);
    const made = [...this.counts.values()].reduce((sum, each) => sum + each, 0);
    insist(made <= this.policy.maxStageAttempts, 'no more stage attempts than the cap');
    if (purpose === 'recheck')
      insist(
        this.incident?.unproven.has(stageId) === true || (this.incident === null && this.owed.has(stageId)),
        'only what failed and has not passed is checked again',
      );
    this.stages.set(id, { stageId, purpose });
  }

  private closeStage({ id, status, decision }: Extract<Change, { type: 'stage_attempt_closed' }>): void {
    const open = this.stages.get(id);
    insist(this.stages.delete(id) && open !== undefined, 'a stage attempt closes once');
    const stage = stageOf(this.pipeline, open.stageId);
    const connection = this.pipeline.flow.connections.find(
      ({ from, condition }) => from === open.stageId && condition === decision,
    );
    if (status === 'succeeded') {
      insist(
        stage.decisions.some(({ choice }) => choice === decision),
        'a passed stage decided what it declares',
      );
      insist(connection !== undefined, 'a passed stage took a way that exists');
      if (!endsBadly(stage, connection)) {
        this.incident?.unproven.delete(open.stageId);
        this.owed.delete(open.stageId);
      }
    }
    if (status === 'failed' && !isRecoveryStage(stage)) {
      this.failing.push(open.stageId);
      this.owed.add(open.stageId);
    }
  }

  private openIncident({ id, stageId }: Extract<Change, { type: 'incident_opened' }>): void {
    this.neverBefore(id);
    insist(this.incident === null, 'one incident at a time');
    this.incident = { id, recoveryAttempts: 0, unproven: new Set(stageId === null ? [] : [stageId]) };
  }

  private closeIncident({
    id,
    type,
  }: Extract<Change, { type: 'incident_resolved' | 'incident_escalated' | 'incident_closed' }>): void {
    insist(this.incident?.id === id, 'an incident closes once');
    if (type === 'incident_resolved')
      insist(this.incident.unproven.size === 0, 'an incident is resolved when all its stages have passed');
    this.incident = null;
  }

  /** Other stages that had failed, and not passed since, are under an incident again. */
  private takeUp(resumed: string | undefined): void {
    const others = [...this.owed].filter((stageId) => stageId !== resumed);
    insist(others.length === 0 || this.incident !== null, 'what was left unproven is not forgotten');
    for (const stageId of others) this.incident?.unproven.add(stageId);
  }

  private openRecovery({ id, incidentId, work }: Extract<Change, { type: 'recovery_attempt_opened' }>): void {
    this.neverBefore(id);
    insist(this.incident?.id === incidentId, 'a recovery attempt belongs to the open incident');
    insist(this.recoveries.size === 0, 'one recovery attempt at a time');
    const { incident } = this;
    insist(work.number === ++incident.recoveryAttempts, 'recovery attempts are numbered one by one');
    insist(work.number <= this.policy.targetedAttempts + 1, 'no more recovery attempts than the budget');
    insist(
      (work.mode === 'last_resort') === (work.number === this.policy.targetedAttempts + 1),
      'the last resort comes last, and only then',
    );
    insist(
      work.delaySeconds === delayBefore(work.number, this.policy.backoffSeconds),
      'the first attempt comes at once, the later ones after their delays',
    );
    this.recoveries.set(id, incidentId);
  }

  /** The state says of itself what was written. */
  private compare(state: RunState): void {
    for (const stageId of this.failing.splice(0)) this.incident?.unproven.add(stageId);
    insist(state.incident?.id === this.incident?.id, 'the state has the incident that is open');
    insist(
      [...(state.incident?.unproven ?? [])].sort().join() ===
        [...(this.incident?.unproven ?? [])].sort().join(),
      'the state knows what is unproven',
    );
    const open = [...this.stages.keys(), ...this.recoveries.keys()].sort().join();
    const { work } = state;
    const expected =
      work === null
        ? []
        : work.kind === 'stage'
          ? [work.attemptId]
          : [work.attemptId, work.recoveryStage?.attemptId];
    insist(
      open ===
        expected
          .filter((id) => id !== undefined)
          .sort()
          .join(),
      'what is open is what is at work',
    );
  }

  private neverBefore(id: string): void {
    insist(!this.everOpened.has(id), 'an id is given once');
    this.everOpened.add(id);
  }
}

function endsBadly(stage: Stage, connection: Connection): boolean {
  if (connection.to !== null) return false;
  const ends =
    connection.ends ?? (polarityOf(stage, connection.condition) === 'positive' ? 'succeeded' : 'failed');
  return ends === 'failed';
}

/** The first attempt comes at once, the later ones after their delays, of which the last one repeats. */
function delayBefore(number: number, backoffSeconds: readonly number[]): number | undefined {
  return number === 1
    ? 0
    : [...backoffSeconds, ...Array.from({ length: number }, () => backoffSeconds.at(-1))][number - 2];
}

export function insist(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`broken: ${rule}`);
}
