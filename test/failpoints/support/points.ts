import type { Failpoint } from '../../../core/failpoint.ts';

/** Every failpoint that a worker passes in one attempt, in the order in which it does. */
export const ATTEMPT_POINTS = [
  'claim',
  'intent',
  'act',
  'record',
  'enqueue',
  'acknowledge',
] as const satisfies readonly Failpoint[];

export type AttemptPoint = (typeof ATTEMPT_POINTS)[number];

/** The stages of a run that reach a failpoint: after the last one nobody is called. */
export function stagesWith(point: AttemptPoint, stageIds: readonly string[]): readonly string[] {
  return point === 'enqueue' ? stageIds.slice(0, -1) : stageIds;
}
