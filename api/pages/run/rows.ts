import type { Pipeline } from '../../../core/pipeline.ts';
import { findStage, isRecoveryStage } from '../../../core/pipeline.ts';
import type { StageAttemptStatus } from '../../../core/run.ts';
import type { Note } from '../../../db/attempts.ts';
import type { RecoveryAttempt, RunHistory, StageAttempt } from '../../../db/history.ts';
import type { Run } from '../../../db/runs.ts';
import { recoveryStatus } from '../../runs/view.ts';

/** From one moment to another, in milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

interface RowBase {
  id: string;
  status: StageAttemptStatus;
  /** What of it was work, and what was waiting; `null`: it has not begun, or did not have to wait. */
  work: Span | null;
  wait: Span | null;
  notes: readonly Note[];
}

/** One attempt as a line of the waterfall. */
export type Row =
  | (RowBase & { kind: 'stage'; title: string; attempt: StageAttempt; spansRecoveries: boolean })
  | (RowBase & { kind: 'recovery'; attempt: RecoveryAttempt });

export interface AttemptedRun {
  run: Pick<Run, 'createdAt' | 'nextAttemptAt' | 'finishedAt'>;
  pipeline: Pipeline;
  history: RunHistory;
  notes: ReadonlyMap<string, readonly Note[]>;
}

/** All attempts in the order in which they were set up, each with its time; what goes on ends `nowMs`. */
export function rowsOf({ run, pipeline, history, notes }: AttemptedRun, nowMs: number): Row[] {
  const workOf = ({ startedAt, finishedAt }: StageAttempt | RecoveryAttempt): Span | null =>
    startedAt && {
      from: startedAt.getTime(),
      to: finishedAt?.getTime() ?? Math.max(nowMs, startedAt.getTime()),
    };
  const { stageAttempts, recoveryAttempts } = history;
  const stages = stageAttempts.map((attempt): Row => {
    const stage = findStage(pipeline, attempt.stageId);
    return {
      kind: 'stage',
      id: attempt.id,
      title: stage?.name ?? attempt.stageId,
      attempt,
      status: attempt.status,
      work: workOf(attempt),
      wait: attempt.id === stageAttempts[0]?.id ? waitForTurn(attempt, run, nowMs) : null,
      spansRecoveries: stage !== undefined && isRecoveryStage(stage),
      notes: notes.get(attempt.id) ?? [],
    };
  });
  const recoveries = recoveryAttempts.map(
    (attempt): Row => ({
      kind: 'recovery',
      id: attempt.id,
      attempt,
      status: recoveryStatus(attempt),
      work: workOf(attempt),
      wait: waitForRetry(attempt, run),
      notes: notes.get(attempt.id) ?? [],
    }),
  );
  return [...stages, ...recoveries].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** A recovery stage lasts as long as its recovery attempts, the waits between them included. */
export function isFrame(row: Row): boolean {
  return row.kind === 'stage' && row.spansRecoveries;
}

/** Shorter waits for the first turn say nothing. */
const TURN_MS_MIN = 500;

function waitForTurn(
  { startedAt }: StageAttempt,
  { createdAt, finishedAt }: AttemptedRun['run'],
  nowMs: number,
): Span | null {
  const span = { from: createdAt.getTime(), to: startedAt?.getTime() ?? finishedAt?.getTime() ?? nowMs };
  return span.to - span.from < TURN_MS_MIN ? null : span;
}

/** Until it began; else until it is due, or was given up. */
function waitForRetry(
  { delaySeconds, createdAt, startedAt, finishedAt }: RecoveryAttempt,
  { nextAttemptAt }: AttemptedRun['run'],
): Span | null {
  if (delaySeconds === 0) return null;
  const end = startedAt ?? finishedAt ?? nextAttemptAt;
  return end && { from: createdAt.getTime(), to: Math.max(end.getTime(), createdAt.getTime()) };
}
