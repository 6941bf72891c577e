import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Queue } from 'bullmq';
import type { BullDispatcher } from './dispatcher.ts';
import { QUEUE_KINDS } from './port.ts';

/**
 * The hosts' queues for Bull Board, to look at unless told otherwise. Whatever is done to them there
 * changes no run: a job is a wake-up call and no more.
 */
export function boardQueues(
  dispatcher: BullDispatcher,
  hosts: readonly string[],
  { readOnly = true } = {},
): BaseAdapter[] {
  return hosts.flatMap((host) =>
    QUEUE_KINDS.map((kind) => {
      const queue = dispatcher.queue(kind, host) as unknown as Queue;
      return new BullMQAdapter(queue, { readOnlyMode: readOnly, displayName: `${kind} on ${host}` });
    }),
  );
}
