import { messageOf } from '../../core/errors.ts';
import { noticeBody } from '../../core/notice.ts';
import { type WebhookAllowance, webhookRetryAfter } from '../../core/webhook.ts';
import type { Database } from '../../db/connection.ts';
import type { DeliveryEnd, DueDelivery } from '../../db/notices.ts';
import { findWebhook } from '../../db/webhooks.ts';
import { type Answer, postOutside } from './post.ts';
import { signedHeaders } from './sign.ts';

/** Tells a webhook of a notice, once. */
export async function callWebhook(
  database: Database,
  { notice, target, attempts }: DueDelivery,
  allowance: WebhookAllowance,
  stop: AbortSignal,
): Promise<DeliveryEnd> {
  const webhook = await findWebhook(database, target);
  if (webhook === null || webhook.disabledAt !== null)
    return { kind: 'gone', error: 'it is not wanted any more' };
  const body = noticeBody(notice);
  const headers = signedHeaders({ id: notice.id, body, secret: webhook.secret }, new Date());
  try {
    return endOf(await postOutside(webhook.url, { headers, body }, allowance, stop), attempts + 1);
  } catch (error) {
    stop.throwIfAborted();
    return failed(messageOf(error), attempts + 1);
  }
}

function endOf({ status, excerpt }: Answer, attempts: number): DeliveryEnd {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const error = `it answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
  return status === 410 ? { kind: 'gone', error } : failed(error, attempts);
}

function failed(error: string, attempts: number): DeliveryEnd {
  return { kind: 'failed', error, retryAfterSeconds: webhookRetryAfter(attempts) };
}
