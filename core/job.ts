import { type ActiveRun, currentStage } from './run.ts';

/** The queue and the name under which an attempt shows on the dashboard. */
export function jobOf(state: ActiveRun): { kind: 'stages' | 'recovery'; name: string; stageId?: string } {
  const stageId = currentStage(state);
  return {
    kind: state.work.kind === 'stage' ? 'stages' : 'recovery',
    name: stageId ?? 'recover',
    ...(stageId !== null && { stageId }),
  };
}
