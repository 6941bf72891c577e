import type { Run } from '../db/runs.ts';
import { jobId, queueName } from '../queue/names.ts';
import { firstJob } from './nudge.ts';

/** The folder of the queue dashboard. */
export const BOARD_PATH = '/queues';

/** The page of the wake-up call that a run waits for or is at work on; `null`: it is finished. */
export function boardLink(run: Run): string | null {
  if (run.finishedAt !== null) return null;
  const job = firstJob(run);
  const place = [queueName(job.kind, job.host), jobId(job)].map(encodeURIComponent).join('/');
  return `${BOARD_PATH}/queue/${place}`;
}
