import { randomBytes } from 'node:crypto';
import type { DeliveryState } from '../../core/notice.ts';
import { targetProblem } from '../../core/webhook.ts';
import type { Database } from '../../db/connection.ts';
import {
  listDeliveries,
  type RetryVerdict,
  retryDelivery,
  type WebhookDelivery,
} from '../../db/deliveries.ts';
import {
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  type OpenDeliveries,
  type Webhook,
} from '../../db/webhooks.ts';
import type { ApiParts } from '../context.ts';
import { callerOf } from '../guards/auth.ts';
import { writeCursor } from '../http/cursor.ts';
import { pageOf } from '../http/page-of.ts';
import { ProblemError } from '../http/problem.ts';
import { defined } from '../http/request.ts';
import type { RouteHandler } from '../http/route.ts';
import { unknown } from '../http/unknown.ts';
import { TestDeliveries } from '../test-delivery.ts';

const SECRET_BYTES = 32;

export function webhookRoutes({ webhookAllowance, resolveOutside }: ApiParts) {
  const tests = new TestDeliveries(webhookAllowance, resolveOutside);

  const post: RouteHandler<'POST /v1/webhooks'> = async (c) => {
    const { url, secret = newSecret(), environments = null } = c.req.valid('json');
    const problem = targetProblem(url, webhookAllowance);
    if (problem !== null) throw notAllowed(problem);
    const webhook = { url, secret, environments, createdBy: callerOf(c).keyId };
    const created = await createWebhook(c.get('database'), webhook);
    c.set('target', created.id);
    // The only time that the secret is shown.
    return c.json({ ...webhookView({ ...created, open: NOTHING_OPEN }), secret }, 201);
  };

  const list: RouteHandler<'GET /v1/webhooks'> = async (c) => {
    return c.json({ items: (await listWebhooks(c.get('database'))).map(webhookView) });
  };

  const remove: RouteHandler<'DELETE /v1/webhooks/:id'> = async (c) => {
    if (!(await deleteWebhook(c.get('database'), c.req.valid('param').id))) throw unknown('unknown-webhook');
    return c.body(null, 204);
  };

  const test: RouteHandler<'POST /v1/webhooks/:id/test'> = async (c) => {
    const webhook = await webhookOf(c.get('database'), c.req.valid('param').id);
    return c.json(await tests.make(webhook, c.req.raw.signal));
  };

  const deliveries: RouteHandler<'GET /v1/webhooks/:id/deliveries'> = async (c) => {
    const { limit, cursor, state } = c.req.valid('query');
    const { id } = await webhookOf(c.get('database'), c.req.valid('param').id);
    const rows = await listDeliveries(c.get('database'), id, defined({ state, before: cursor }), limit + 1);
    const { items, next } = pageOf(rows, limit, ({ noticeId }) => writeCursor('deliveries', noticeId));
    return c.json({ items: items.map(deliveryView), nextCursor: next });
  };

  const retry: RouteHandler<'POST /v1/webhooks/:id/deliveries/:noticeId/retry'> = async (c) => {
    const { id, noticeId } = c.req.valid('param');
    await webhookOf(c.get('database'), id);
    const verdict = await retryDelivery(c.get('database'), id, noticeId);
    if (verdict !== 'due') throw notRetried(verdict);
    return c.json({ webhookId: id, noticeId, state: 'pending' as const }, 202);
  };

  return {
    'POST /v1/webhooks': post,
    'GET /v1/webhooks': list,
    'DELETE /v1/webhooks/:id': remove,
    'POST /v1/webhooks/:id/test': test,
    'GET /v1/webhooks/:id/deliveries': deliveries,
    'POST /v1/webhooks/:id/deliveries/:noticeId/retry': retry,
  };
}

const NOTHING_OPEN: OpenDeliveries = { pending: 0, dead: 0 };

/** @throws ProblemError 404 */
async function webhookOf(database: Database, id: string): Promise<Webhook> {
  const webhook = await findWebhook(database, id);
  if (webhook === null) throw unknown('unknown-webhook');
  return webhook;
}

function webhookView(webhook: Webhook & { open: OpenDeliveries }) {
  const { id, url, environments, createdAt, createdBy, disabledAt, open } = webhook;
  return { id, url, environments, createdAt, createdBy, disabledAt, deliveries: open };
}

function deliveryView({ noticedAt, nextAttemptAt, deliveredAt, deadAt, ...delivery }: WebhookDelivery) {
  const state: DeliveryState = deliveredAt !== null ? 'delivered' : deadAt !== null ? 'dead' : 'pending';
  return {
    ...delivery,
    noticedAt,
    state,
    nextAttemptAt: state === 'pending' ? nextAttemptAt : null,
    deliveredAt,
    deadAt,
  };
}

function notRetried(verdict: Exclude<RetryVerdict, 'due'> | null): ProblemError {
  if (verdict === 'delivered') return new ProblemError('state-conflict', 'The message was delivered.');
  if (verdict === 'disabled')
    return new ProblemError('state-conflict', 'The webhook is disabled: it answered that it is gone.', {
      nextStep: 'DELETE it, and register its address again: that one is told of what comes.',
    });
  return unknown('unknown-delivery');
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

function notAllowed(message: string): ProblemError {
  return new ProblemError('webhook-target-not-allowed', `The address of a webhook ${message}.`, {
    errors: [{ path: 'url', message }],
    nextStep:
      'Use a public https address, or name its host or network in DAVY_WEBHOOK_ALLOW, for API and worker.',
  });
}
