import { createHash } from 'node:crypto';
import type { DispatchRef, QueueKind } from './port.ts';

/** Postgres cuts the names of connections at 63 bytes, and a queue's name is one of them. */
const MAX_HOST_LENGTH = 63 - 'recovery-'.length;

/**
 * `stages-<host>` or `recovery-<host>`. BullMQ forbids `:` in the names of queues; a host that cannot be
 * used as it is gets a hash of its name, so that no two hosts share a queue.
 */
export function queueName(kind: QueueKind, host: string): string {
  return `${kind}-${hostLabel(host)}`;
}

function hostLabel(host: string): string {
  const label = host.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  if (label === host && host !== '' && host.length <= MAX_HOST_LENGTH) return host;
  const hash = createHash('sha256').update(host).digest('hex').slice(0, 8);
  return `${label.slice(0, MAX_HOST_LENGTH - 9)}~${hash}`;
}

/**
 * Holds the dispatch number, because BullMQ silently ignores an id whose finished job it still keeps. It
 * refuses ids of digits only, and ids with one `:`.
 */
export function jobId(ref: Pick<DispatchRef, 'runId' | 'dispatch'>): string {
  return `${ref.runId}.${ref.dispatch}`;
}
