import { z } from 'zod';
import { jobId } from './names.ts';
import type { DispatchJob, QueueKind, Wake } from './port.ts';

const Payload = z.strictObject({
  runId: z.uuid(),
  dispatch: z.int().nonnegative(),
  stageId: z.string().max(200).optional(),
});

export type Payload = z.infer<typeof Payload>;

export function payloadOf(job: DispatchJob): Payload {
  const { runId, dispatch, stageId } = job;
  return stageId === undefined ? { runId, dispatch } : { runId, dispatch, stageId };
}

/**
 * Reads a job as it comes out of the queue, where anyone with access to the broker may have written it.
 * Returns what is wrong with it where it is not one of ours.
 */
export function readWake(
  kind: QueueKind,
  job: { id?: string | undefined; data: unknown },
): Wake | { problem: string } {
  const parsed = Payload.safeParse(job.data);
  if (!parsed.success) return { problem: describe(parsed.error) };
  const { runId, dispatch, stageId } = parsed.data;
  if (job.id !== jobId({ runId, dispatch })) return { problem: 'its id does not fit its payload' };
  return stageId === undefined ? { kind, runId, dispatch } : { kind, runId, dispatch, stageId };
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`)
    .join('; ')
    .slice(0, 300);
}
