import { messageOf } from '../../core/errors.ts';
import { noticeBody } from '../../core/notice.ts';
import { isTaken, refusalOf, webhookRetryAfter } from '../../core/webhook.ts';
import type { Database } from '../../db/connection.ts';
import type { DeliveryEnd, DueDelivery } from '../../db/notices.ts';
import { findWebhook } from '../../db/webhooks.ts';
import type { Answer } from '../../outside/post.ts';
import { type TellOptions, tellWebhook } from '../../outside/tell.ts';

/** Tells a webhook of a notice, once. */
export async function callWebhook(
  database: Database,
  { notice, target, attempts }: DueDelivery,
  options: TellOptions,
): Promise<DeliveryEnd> {
  const webhook = await findWebhook(database, target);
  if (webhook === null || webhook.disabledAt !== null)
    return { kind: 'gone', error: 'it is not wanted any more' };
  const message = { id: notice.id, body: noticeBody(notice) };
  try {
    return endOf(await tellWebhook(webhook, message, options), attempts + 1);
  } catch (error) {
    options.stop.throwIfAborted();
    return failed(messageOf(error), attempts + 1);
  }
}

function endOf({ status, excerpt }: Answer, attempts: number): DeliveryEnd {
  if (isTaken(status)) return { kind: 'delivered' };
  const error = refusalOf({ status, excerpt });
  return status === 410 ? { kind: 'gone', error } : failed(error, attempts);
}

function failed(error: string, attempts: number): DeliveryEnd {
  return { kind: 'failed', error, retryAfterSeconds: webhookRetryAfter(attempts) };
}
