import { z } from 'zod';
import { DELIVERY_STATES, NOTICE_TYPES } from '../../core/notice.ts';
import { count, instant, listOf, name, pageOf, text, uuid } from './fields.ts';
import { JSON_BYTES_MAX, type Operations } from './operation.ts';
import { pagingOf, some } from './query.ts';

/** Bytes of a secret that are enough, and more than which HMAC-SHA256 would hash away. */
const SECRET_BYTES = { min: 24, max: 64 };

/** The rules for the address have a problem document of their own. */
const webhookRequest = z
  .strictObject({
    url: text(2048).min(1).meta({ description: 'A public https address, or one in DAVY_WEBHOOK_ALLOW.' }),
    secret: z
      .string()
      .max(256)
      .refine((secret) => {
        const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
        const { length } = Buffer.from(base64, 'base64');
        return base64.length % 4 === 0 && length >= SECRET_BYTES.min && length <= SECRET_BYTES.max;
      }, `must be "whsec_" and ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes as base64`)
      .optional()
      .meta({
        description: `What messages are signed with: \`whsec_\` and ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes as base64. Absent: one is made.`,
      }),
    environments: z
      .array(name)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'The names of the environments it is told about; absent: all.' }),
  })
  .meta({ id: 'WebhookRequest' });

const shape = {
  id: uuid,
  url: z.string(),
  environments: z.array(z.string()).nullable(),
  createdAt: instant,
  createdBy: z.string().meta({ description: 'The id of the API key.' }),
  disabledAt: instant.nullable().meta({ description: 'When it answered that it is gone (410).' }),
  deliveries: z
    .strictObject({ pending: count, dead: count })
    .meta({ description: 'How many are still to be made, and how many were given up.' }),
};

const webhook = z.strictObject(shape).meta({ id: 'Webhook' });
const newWebhook = z
  .strictObject({ ...shape, secret: z.string().meta({ description: 'It is shown this once.' }) })
  .meta({ id: 'NewWebhook' });

const testDelivery = z
  .strictObject({
    id: uuid.meta({ description: 'The `webhook-id` of the message.' }),
    delivered: z.boolean(),
    statusCode: z.int().nullable().meta({ description: '`null`: there was no answer.' }),
    durationMs: z.number(),
    reason: z.string().nullable().meta({ description: 'Why it was not sent, or not taken.' }),
  })
  .meta({ id: 'TestDelivery' });

const delivery = z
  .strictObject({
    noticeId: uuid,
    type: z.enum(NOTICE_TYPES),
    incidentId: uuid,
    environment: z.string(),
    noticedAt: instant,
    attempts: count.meta({ description: 'Made so far.' }),
    state: z.enum(DELIVERY_STATES).meta({ description: '`dead`: given up.' }),
    nextAttemptAt: instant.nullable(),
    deliveredAt: instant.nullable(),
    deadAt: instant.nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'Delivery', description: 'What a webhook was told, or is still to be told, of one notice.' });

export type Webhook = z.output<typeof webhook>;
export type Delivery = z.output<typeof delivery>;

const params = z.object({ id: z.uuid().meta({ description: 'The id of the webhook.' }) });

export const webhookOperations = {
  'POST /v1/webhooks': {
    id: 'createWebhook',
    tag: 'Webhooks',
    scope: 'admin',
    summary: 'Register an address that is told of escalations and recoveries',
    body: { content: { 'application/json': webhookRequest }, maxBytes: JSON_BYTES_MAX },
    answers: {
      201: { description: 'The webhook and its secret.', content: { 'application/json': newWebhook } },
    },
    problems: ['webhook-target-not-allowed'],
  },
  'GET /v1/webhooks': {
    id: 'listWebhooks',
    tag: 'Webhooks',
    scope: 'admin',
    summary: 'List webhooks',
    answers: {
      200: {
        description: 'All webhooks.',
        content: { 'application/json': listOf(webhook).meta({ id: 'WebhookList' }) },
      },
    },
  },
  'DELETE /v1/webhooks/:id': {
    id: 'deleteWebhook',
    tag: 'Webhooks',
    scope: 'admin',
    summary: 'Forget a webhook, and what it was still to be told',
    params,
    unknown: { id: 'unknown-webhook' },
    answers: { 204: { description: 'It is gone.' } },
  },
  'POST /v1/webhooks/:id/test': {
    id: 'testWebhook',
    tag: 'Webhooks',
    scope: 'admin',
    summary: 'Send a webhook one message of the type `test` now',
    params,
    unknown: { id: 'unknown-webhook' },
    answers: {
      200: { description: 'What came of it.', content: { 'application/json': testDelivery } },
    },
    problems: ['too-many-requests'],
  },
  'GET /v1/webhooks/:id/deliveries': {
    id: 'listDeliveries',
    tag: 'Webhooks',
    scope: 'admin',
    summary: 'List what a webhook was told, the newest first',
    params,
    unknown: { id: 'unknown-webhook' },
    query: z.strictObject({ ...pagingOf('deliveries'), state: some(DELIVERY_STATES) }),
    answers: {
      200: {
        description: 'A page of deliveries.',
        content: { 'application/json': pageOf(delivery).meta({ id: 'DeliveryPage' }) },
      },
    },
  },
  'POST /v1/webhooks/:id/deliveries/:noticeId/retry': {
    id: 'retryDelivery',
    tag: 'Webhooks',
    scope: 'admin',
    summary: 'Make a delivery now',
    description: 'A dead letter has the whole schedule before it again.',
    params: z.object({
      id: z.uuid().meta({ description: 'The id of the webhook.' }),
      noticeId: z.uuid().meta({ description: 'The id of the notice.' }),
    }),
    unknown: { id: 'unknown-webhook', noticeId: 'unknown-delivery' },
    answers: {
      202: {
        description: 'It is due.',
        content: {
          'application/json': z
            .strictObject({ webhookId: uuid, noticeId: uuid, state: z.literal('pending') })
            .meta({ id: 'DueDelivery' }),
        },
      },
    },
    problems: ['state-conflict'],
  },
} as const satisfies Operations;
