import { jobOf } from '../../core/job.ts';
import { isFinished } from '../../core/run.ts';
import type { Run } from '../../db/runs.ts';
import { jobId, queueName } from '../../queue/names.ts';

/** The folder of the queue dashboard. */
export const BOARD_PATH = '/queues';

/** The page of the wake-up call that a run waits for or is at work on; `null`: it is finished. */
export function boardLink({ id, host, dispatch, state }: Run): string | null {
  if (isFinished(state)) return null;
  const { kind } = jobOf(state);
  const place = [queueName(kind, host), jobId({ runId: id, dispatch })].map(encodeURIComponent).join('/');
  return `${BOARD_PATH}/queue/${place}`;
}
