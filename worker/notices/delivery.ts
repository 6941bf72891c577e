import { messageOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { WebhookAllowance } from '../../core/webhook.ts';
import type { Database } from '../../db/connection.ts';
import { type DueDelivery, dueDeliveries, saveDelivery } from '../../db/notices.ts';
import type { Resolve } from '../../outside/post.ts';
import type { Stack } from '../components/stack.ts';
import { logNotice } from './log-file.ts';
import { callWebhook } from './webhook.ts';

export interface DeliveryOptions {
  database: Database;
  /** The stacks that this worker, and no other, acts on. */
  stacks(): Stack[];
  allowance: WebhookAllowance;
  /** How webhooks' hosts are looked up; as the system does it unless told otherwise. */
  resolve?: Resolve;
  log: Log;
}

/** Brings notices to the people they are for: at least once, each with the id of its event. */
export interface Delivery {
  /** Writes what is due into the logs, and begins to call the webhooks that are due. */
  turn(): Promise<void>;
  /** Breaks off calls under way: they are made again by the next worker. */
  close(): Promise<void>;
}

const LOG_RETRY_SECONDS = 10;
const CALLS_MAX = 8;

export function openDelivery(options: DeliveryOptions): Delivery {
  const { database, log } = options;
  const calling = new Map<string, Promise<void>>();
  const stop = new AbortController();
  /** One call after the other to each webhook; a slow one holds up no other. */
  const call = async (deliveries: readonly DueDelivery[]) => {
    for (const delivery of deliveries)
      await saveDelivery(
        database,
        delivery,
        await callWebhook(database, delivery, { ...options, stop: stop.signal }),
      );
  };
  return {
    async turn() {
      const stacks = new Map(options.stacks().map((stack) => [stack.environmentId, stack]));
      const ids = [...stacks.keys()];
      await writeLogs(await dueDeliveries(database, ids, 'log'), stacks, options);
      const due = await dueDeliveries(database, ids, 'webhooks');
      for (const target of new Set(due.map((delivery) => delivery.target))) {
        if (calling.has(target) || calling.size >= CALLS_MAX || stop.signal.aborted) continue;
        const calls = call(due.filter((delivery) => delivery.target === target))
          .catch((error: unknown) => {
            if (!stop.signal.aborted)
              log('warn', 'a webhook could not be told', { webhook: target, reason: messageOf(error) });
          })
          .finally(() => calling.delete(target));
        calling.set(target, calls);
      }
    },
    async close() {
      stop.abort(new Error('the worker stops'));
      await Promise.all(calling.values());
    },
  };
}

/** In order: where a line cannot be written, the later ones of that environment wait too. */
async function writeLogs(
  due: readonly DueDelivery[],
  stacks: ReadonlyMap<string, Stack>,
  { database, log }: DeliveryOptions,
): Promise<void> {
  const stuck = new Set<string>();
  for (const delivery of due) {
    const stack = stacks.get(delivery.environmentId);
    if (!stack || stuck.has(delivery.environmentId)) continue;
    try {
      await logNotice(database, stack, delivery.notice);
      await saveDelivery(database, delivery, { kind: 'delivered' });
    } catch (error) {
      stuck.add(delivery.environmentId);
      const reason = messageOf(error);
      log('warn', 'the escalation log cannot be written', { environment: stack.environment.name, reason });
      await saveDelivery(database, delivery, {
        kind: 'failed',
        error: reason,
        retryAfterSeconds: LOG_RETRY_SECONDS,
      });
    }
  }
}
