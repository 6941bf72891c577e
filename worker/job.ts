import type { ActiveRun } from '../core/run.ts';

/** The queue and the name under which an attempt shows on the dashboard. */
export function jobOf(state: ActiveRun): { kind: 'stages' | 'recovery'; name: string; stageId?: string } {
  const { work } = state;
  if (work.kind === 'stage') return { kind: 'stages', name: work.stageId, stageId: work.stageId };
  const stageId = work.recoveryStage?.stageId ?? state.incident?.raisedBy ?? undefined;
  return { kind: 'recovery', name: stageId ?? 'recover', ...(stageId !== undefined && { stageId }) };
}
