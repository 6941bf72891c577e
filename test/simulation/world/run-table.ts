import {
  ACTIVE_STATUSES,
  type Change,
  currentStage,
  isFinished,
  type RecoveryAttemptOutcome,
  type RunState,
  type StageAttemptStatus,
} from '../../../core/run.ts';
import { RESUMABLE_STATUSES, type Transition } from '../../../core/transition.ts';
import { type Claimant, type DueRun, LONGEST_PAUSE_SECONDS, OVERDUE_SECONDS } from '../../../db/claims.ts';
import type { Idempotency, Insertion, NewRun, Run } from '../../../db/runs.ts';
import { delayOf, type TransitionWrite, type Written } from '../../../db/transitions.ts';

/** A row of `runs`, as far as the engine depends on it; times are milliseconds of the database's clock. */
export interface RunRow {
  id: string;
  pipeline: NewRun['pipeline'];
  mutating: boolean;
  environmentId: string;
  host: string;
  workingDirectory: string;
  status: RunState['status'];
  state: RunState;
  nextAttemptAt: number | null;
  dispatch: number;
  dispatchedAt: number;
  repeats: number;
  epoch: number;
  owner: string | null;
  leaseUntil: number | null;
  claims: number;
  holdsEnvironment: boolean;
  alone: boolean;
  cancelRequestedAt: number | null;
  finishedAt: number | null;
}

export interface AttemptRow {
  runId: string;
  /** The stage, or the incident, within which numbers are given once. */
  within: string;
  number: number;
  status: StageAttemptStatus;
  startedAt: number | null;
}

/** What was written about a run, told after it was written. */
export interface RunWrite {
  row: RunRow;
  before: RunState | null;
  changes: readonly Change[];
  kind: 'inserted' | 'begun' | 'saved' | 'resumed' | 'cancelled';
}

const STRAY_SECONDS = 5;

/**
 * The database's tables of runs and attempts in memory: what the statements of `db/claims.ts`, `db/transitions.ts`
 * and `db/runs.ts` do, each carried out at once and whole. `twin.test.ts` holds the two against each other.
 */
export class RunTable {
  readonly rows = new Map<string, RunRow>();
  readonly attempts = new Map<string, AttemptRow>();
  /** Notices by incident. */
  readonly notices = new Map<string, number>();
  private readonly numbers = new Set<string>();
  private readonly keys = new Map<string, { requestHash: string; runId: string }>();
  private readonly now: () => number;
  private readonly onWrite: (write: RunWrite) => void;

  constructor(now: () => number, onWrite: (write: RunWrite) => void = () => {}) {
    this.now = now;
    this.onWrite = onWrite;
  }

  insert(run: NewRun, idempotency: Idempotency | null): Insertion {
    const busy = [...this.rows.values()].some(
      (other) => other.environmentId === run.environmentId && other.mutating && other.finishedAt === null,
    );
    const known = idempotency && this.keys.get(`${idempotency.apiKeyId} ${idempotency.key}`);
    if (known)
      return known.requestHash === idempotency.requestHash
        ? { kind: 'repeated', runId: known.runId }
        : { kind: 'key_reused' };
    if (run.alone && busy) return { kind: 'busy' };
    const { id, pipeline, mutating, environmentId, host, workingDirectory, alone = false } = run;
    const { state, changes } = run.start;
    const row: RunRow = {
      ...{ id, pipeline, mutating, environmentId, host, workingDirectory, alone, state },
      ...{ status: state.status, nextAttemptAt: null, dispatch: 1, dispatchedAt: this.now(), repeats: 0 },
      ...{ epoch: 0, owner: null, leaseUntil: null, claims: 0, holdsEnvironment: false },
      ...{ finishedAt: null, cancelRequestedAt: null },
    };
    this.rows.set(id, row);
    if (idempotency)
      this.keys.set(`${idempotency.apiKeyId} ${idempotency.key}`, {
        requestHash: idempotency.requestHash,
        runId: id,
      });
    this.apply(id, changes);
    this.onWrite({ row, before: null, changes, kind: 'inserted' });
    return { kind: 'created' };
  }

  claim(runId: string, claimant: Claimant, leaseSeconds: number): RunRow | null {
    const row = this.rows.get(runId);
    if (!row || !this.isClaimable(row, claimant)) return null;
    row.epoch++;
    row.claims++;
    row.owner = claimant.workerId;
    row.leaseUntil = this.now() + leaseSeconds * 1000;
    row.holdsEnvironment = row.mutating;
    return { ...row };
  }

  renew(runId: string, epoch: number, leaseSeconds: number): boolean {
    const row = this.rows.get(runId);
    if (!row || row.epoch !== epoch || row.owner === null) return false;
    row.leaseUntil = this.now() + leaseSeconds * 1000;
    return true;
  }

  release({ runId, epoch, counts }: { runId: string; epoch: number; counts: boolean }): void {
    const row = this.rows.get(runId);
    if (row?.epoch === epoch) free(row, counts);
  }

  releaseStrays({ workerId }: Claimant, underWay: readonly string[], leaseSeconds: number): void {
    const youngest = this.now() + (leaseSeconds - Math.min(STRAY_SECONDS, leaseSeconds / 2)) * 1000;
    for (const row of this.rows.values())
      if (row.owner === workerId && !underWay.includes(row.id) && (row.leaseUntil ?? 0) < youngest)
        free(row, false);
  }

  takeOverLeases({ workerId, environmentIds }: Claimant): number {
    const orphans = [...this.rows.values()].filter(
      ({ environmentId, finishedAt, owner }) =>
        environmentIds.includes(environmentId) && finishedAt === null && owner !== null && owner !== workerId,
    );
    for (const row of orphans) {
      free(row, true);
      row.dispatchedAt = 0;
    }
    return orphans.length;
  }

  due(claimant: Claimant, quietSeconds: number): DueRun[] {
    const isQuiet = ({ dispatchedAt, repeats, nextAttemptAt, cancelRequestedAt }: RunRow) =>
      dispatchedAt <
        this.now() - Math.min(LONGEST_PAUSE_SECONDS, quietSeconds * 2 ** Math.min(repeats, 10)) * 1000 &&
      (nextAttemptAt === null ||
        cancelRequestedAt !== null ||
        nextAttemptAt < this.now() - quietSeconds * 1000);
    return [...this.rows.values()]
      .filter((row) => isQuiet(row) && this.isClaimable(row, claimant))
      .sort(byId)
      .map(({ id, dispatch, repeats, dispatchedAt, nextAttemptAt, state }) => {
        const calledAt = Math.max(dispatchedAt, nextAttemptAt ?? 0);
        return { id, dispatch, repeats, overdue: calledAt < this.now() - OVERDUE_SECONDS * 1000, state };
      });
  }

  toCancel({ workerId }: Claimant): string[] {
    return [...this.rows.values()]
      .filter(
        ({ owner, cancelRequestedAt, finishedAt }) =>
          owner === workerId && cancelRequestedAt !== null && finishedAt === null,
      )
      .map(({ id }) => id);
  }

  nextDispatch(runId: string, dispatch: number): number | null {
    const row = this.rows.get(runId);
    if (!row || row.dispatch !== dispatch || row.finishedAt !== null) return null;
    row.dispatchedAt = this.now();
    row.repeats++;
    return ++row.dispatch;
  }

  delays({ environmentIds }: Claimant): { id: string; delayMs: number }[] {
    return [...this.rows.values()].flatMap(({ id, environmentId, finishedAt, nextAttemptAt }) =>
      environmentIds.includes(environmentId) && finishedAt === null && (nextAttemptAt ?? 0) > this.now()
        ? [{ id, delayMs: (nextAttemptAt ?? 0) - this.now() }]
        : [],
    );
  }

  begin({ runId, epoch, transition: { state, changes } }: TransitionWrite): boolean {
    const row = this.held(runId, epoch);
    if (!row) return false;
    const before = row.state;
    Object.assign(row, { status: state.status, state, nextAttemptAt: null });
    this.apply(runId, changes);
    this.onWrite({ row, before, changes, kind: 'begun' });
    return true;
  }

  private nextInLine({ id, environmentId }: RunRow): string | null {
    const waiting = [...this.rows.values()].filter(
      (row) =>
        row.environmentId === environmentId && row.mutating && row.finishedAt === null && row.id !== id,
    );
    return waiting.sort(byId)[0]?.id ?? null;
  }

  save({ runId, epoch, transition: { state, changes } }: TransitionWrite): Written {
    const row = this.held(runId, epoch);
    if (!row) return null;
    const before = row.state;
    const delaySeconds = delayOf(state);
    Object.assign(row, {
      ...{ status: state.status, state, owner: null, leaseUntil: null, claims: 0, repeats: 0 },
      nextAttemptAt: delaySeconds === null ? null : this.now() + delaySeconds * 1000,
      finishedAt: isFinished(state) ? this.now() : null,
      holdsEnvironment: row.holdsEnvironment && !isFinished(state),
      ...{ dispatch: row.dispatch + 1, dispatchedAt: this.now() },
    });
    this.apply(runId, changes);
    if (state.status === 'escalated') this.call(changes);
    this.onWrite({ row, before, changes, kind: 'saved' });
    return { dispatch: row.dispatch, next: isFinished(state) ? this.nextInLine(row) : null };
  }

  /** What `saveResume` does with a run as it was read. */
  resume(read: Pick<RunRow, 'id' | 'epoch'>, { state, changes }: Transition): boolean {
    const row = this.rows.get(read.id);
    if (!row || row.epoch !== read.epoch || !RESUMABLE_STATUSES.some((status) => status === row.status))
      return false;
    const before = row.state;
    Object.assign(row, {
      ...{ status: state.status, state, nextAttemptAt: null, owner: null, leaseUntil: null },
      finishedAt: isFinished(state) ? this.now() : null,
      ...{ holdsEnvironment: false, alone: false, claims: 0, repeats: 0, cancelRequestedAt: null },
      ...{ epoch: row.epoch + 1, dispatch: row.dispatch + 1, dispatchedAt: this.now() },
    });
    this.apply(row.id, changes);
    this.onWrite({ row, before, changes, kind: 'resumed' });
    return true;
  }

  /** What `endDelay` does. */
  endDelay(runId: string): boolean {
    const row = this.rows.get(runId);
    if (row?.status !== 'waiting_retry' || row.owner !== null || (row.nextAttemptAt ?? 0) <= this.now())
      return false;
    Object.assign(row, { nextAttemptAt: this.now(), repeats: 0, dispatchedAt: this.now() });
    row.dispatch++;
    return true;
  }

  /** What `saveCancel` does with a run as it was read, and that nobody works on. */
  cancel(read: Pick<RunRow, 'id' | 'epoch'>, { state, changes }: Transition): boolean {
    const row = this.rows.get(read.id);
    if (!row || row.epoch !== read.epoch || row.owner !== null || row.finishedAt !== null) return false;
    const before = row.state;
    Object.assign(row, {
      ...{ status: state.status, state, nextAttemptAt: null, finishedAt: this.now() },
      ...{ holdsEnvironment: false, claims: 0, repeats: 0 },
      cancelRequestedAt: row.cancelRequestedAt ?? this.now(),
      ...{ epoch: row.epoch + 1, dispatch: row.dispatch + 1, dispatchedAt: this.now() },
    });
    this.apply(row.id, changes);
    this.onWrite({ row, before, changes, kind: 'cancelled' });
    return true;
  }

  /** What `requestCancel` does with a run as it was read. */
  requestCancel(read: Pick<RunRow, 'id' | 'epoch' | 'owner'>): boolean {
    const row = this.rows.get(read.id);
    if (!row || row.epoch !== read.epoch || row.owner !== read.owner || row.finishedAt !== null) return false;
    row.cancelRequestedAt ??= this.now();
    if (row.owner === null) Object.assign(row, { dispatch: row.dispatch + 1, dispatchedAt: this.now() });
    return true;
  }

  /** The run under this claim, `undefined` where the claim has ended. */
  held(runId: string, epoch: number): RunRow | undefined {
    const row = this.rows.get(runId);
    return row && row.epoch === epoch && row.owner !== null ? row : undefined;
  }

  isClaimable(row: RunRow, { host, environmentIds }: Claimant): boolean {
    return (
      row.host === host &&
      environmentIds.includes(row.environmentId) &&
      ACTIVE_STATUSES.some((status) => status === row.status) &&
      (row.owner === null || (row.leaseUntil ?? 0) < this.now()) &&
      (row.nextAttemptAt === null || row.nextAttemptAt <= this.now() || row.cancelRequestedAt !== null) &&
      (!row.mutating || row.holdsEnvironment || !this.isPreceded(row))
    );
  }

  private isPreceded(row: RunRow): boolean {
    return [...this.rows.values()].some(
      (other) =>
        other.environmentId === row.environmentId &&
        other.mutating &&
        other.finishedAt === null &&
        (other.holdsEnvironment || other.id < row.id),
    );
  }

  private apply(runId: string, changes: readonly Change[]): void {
    for (const change of changes) this.write(runId, change);
  }

  private write(runId: string, change: Change): void {
    if (change.type === 'stage_attempt_opened')
      this.open(change.id, runId, `${runId}/${change.stageId}`, change.number);
    else if (change.type === 'recovery_attempt_opened')
      this.open(change.id, runId, change.incidentId, change.work.number);
    const attempt = this.attempts.get(change.id);
    if (!attempt) return;
    if (change.type === 'stage_attempt_begun' || change.type === 'recovery_attempt_begun') {
      attempt.startedAt ??= this.now();
      attempt.status = 'running';
    } else if (change.type === 'stage_attempt_closed') attempt.status = change.status;
    else if (change.type === 'recovery_attempt_closed') attempt.status = statusOf(change.outcome);
  }

  private open(id: string, runId: string, within: string, number: number): void {
    const name = `${within}#${number}`;
    if (this.numbers.has(name)) throw new Error(`a unique constraint forbids a second attempt ${name}`);
    this.numbers.add(name);
    this.attempts.set(id, { runId, within, number, status: 'pending', startedAt: null });
  }

  private call(changes: readonly Change[]): void {
    for (const { type, ...change } of changes)
      if (type === 'incident_escalated' && 'id' in change)
        this.notices.set(change.id, (this.notices.get(change.id) ?? 0) + 1);
  }
}

function statusOf(outcome: RecoveryAttemptOutcome): StageAttemptStatus {
  if (outcome === 'failed') return 'failed';
  return outcome === 'cancelled' || outcome === 'escalated' ? 'cancelled' : 'succeeded';
}

function free(row: RunRow, counts: boolean): void {
  row.owner = null;
  row.leaseUntil = null;
  if (!counts) row.claims = Math.max(0, row.claims - 1);
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}

/** What a claim hands to the engine, which reads no more of it than the table has. */
export function asRun(row: RunRow): Run {
  return { ...row, currentStage: currentStage(row.state) } as unknown as Run;
}
