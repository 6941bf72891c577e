import { z } from 'zod';
import { SCOPES } from '../../core/scope.ts';
import { readKeyCursor } from '../http/key-cursor.ts';
import { count, instant, name, pageOf, uuid, writtenAs } from './fields.ts';
import { JSON_BYTES_MAX, type Operations } from './operation.ts';
import { limit, moment, pagingOf } from './query.ts';

const scopes = z.array(z.enum(SCOPES).meta({ id: 'Scope', description: '`admin` may everything.' }));

const keyRequest = z
  .strictObject({
    name: name.regex(/^\P{Cc}*$/u, 'must not have control characters'),
    scopes: scopes
      .min(1)
      .max(SCOPES.length)
      .refine((all) => new Set(all).size === all.length, 'must be there once each')
      .meta({ uniqueItems: true }),
    expiresAt: moment
      .refine((at) => at.getTime() > Date.now(), 'must be in the future')
      .nullish()
      .meta({
        description: '`null` or absent: never.',
        override: writtenAs({ type: ['string', 'null'], format: 'date-time' }),
      }),
  })
  .meta({ id: 'KeyRequest' });

const shape = {
  id: z.string().meta({ description: 'The part of the key between the underscores.' }),
  name: z.string(),
  scopes,
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  lastUsedAt: instant.nullable().meta({ description: 'To the minute.' }),
};

const key = z.strictObject(shape).meta({ id: 'Key' });
const issuedKey = z
  .strictObject({ ...shape, key: z.string().meta({ description: 'The key itself. It is shown this once.' }) })
  .meta({ id: 'IssuedKey' });

const call = z
  .strictObject({
    id: uuid,
    at: instant,
    keyId: z.string().nullable().meta({ description: '`null`: nobody who is known.' }),
    remoteAddress: z.string().nullable(),
    route: z
      .string()
      .meta({ description: 'Such as `DELETE /v1/keys/:id`; `*` where several calls are counted.' }),
    target: z
      .string()
      .nullable()
      .meta({ description: 'The id of a run, key or webhook, or the name of an environment.' }),
    status: z.int(),
    problem: z.string().nullable().meta({ description: 'The code of the problem that was answered.' }),
    calls: count.meta({ description: 'How many calls this stands for.' }),
  })
  .meta({ id: 'AuditedCall' });

export type Key = z.output<typeof key>;
export type AuditedCall = z.output<typeof call>;

export const keyOperations = {
  'POST /v1/keys': {
    id: 'createKey',
    tag: 'Keys',
    scope: 'admin',
    summary: 'Make an API key',
    body: { content: { 'application/json': keyRequest }, maxBytes: JSON_BYTES_MAX },
    answers: {
      201: { description: 'The key, shown this once.', content: { 'application/json': issuedKey } },
    },
  },
  'GET /v1/keys': {
    id: 'listKeys',
    tag: 'Keys',
    scope: 'admin',
    summary: 'List API keys, the newest first',
    query: z.strictObject({
      limit,
      cursor: z
        .string()
        .transform(readKeyCursor)
        .optional()
        .meta({ description: 'The `nextCursor` of the page before.' }),
    }),
    answers: {
      200: {
        description: 'A page of keys, those that no longer work among them.',
        content: { 'application/json': pageOf(key).meta({ id: 'KeyPage' }) },
      },
    },
  },
  'DELETE /v1/keys/:id': {
    id: 'revokeKey',
    tag: 'Keys',
    scope: 'admin',
    summary: 'Revoke an API key',
    description: 'May be repeated. The last admin key that works stays.',
    params: z.object({
      id: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .meta({ description: 'The id of the key.' }),
    }),
    unknown: { id: 'unknown-key' },
    answers: { 204: { description: 'It does not work any more.' } },
    problems: ['state-conflict'],
  },
  'GET /v1/audit': {
    id: 'listAuditedCalls',
    tag: 'Keys',
    scope: 'admin',
    summary: 'List who asked for which change, the newest first',
    query: z.strictObject({
      ...pagingOf('audit'),
      key: name.optional().meta({ description: 'The id of an API key.' }),
      route: name.optional().meta({ description: 'Such as `POST /v1/runs`.' }),
      since: moment.optional(),
    }),
    answers: {
      200: {
        description: 'A page of calls.',
        content: { 'application/json': pageOf(call).meta({ id: 'AuditPage' }) },
      },
    },
  },
} as const satisfies Operations;
