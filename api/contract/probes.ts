import { z } from 'zod';
import type { Operations } from './operation.ts';
import { ifNoneMatch, NOT_MODIFIED } from './shared.ts';

export const probeOperations = {
  'GET /healthz': {
    id: 'isAlive',
    tag: 'Probes',
    scope: 'public',
    summary: 'Whether the API is alive',
    answers: {
      200: {
        description: 'It is.',
        content: { 'application/json': z.strictObject({ status: z.literal('ok') }).meta({ id: 'Alive' }) },
      },
    },
  },
  'GET /readyz': {
    id: 'isReady',
    tag: 'Probes',
    scope: 'public',
    summary: 'Whether runs are accepted',
    description: 'They are as long as Postgres answers; the queue is only told about.',
    answers: {
      200: {
        description: 'They are.',
        content: {
          'application/json': z
            .strictObject({
              status: z.literal('ready'),
              postgres: z.literal('ok'),
              queue: z.enum(['ok', 'unavailable']),
            })
            .meta({ id: 'Ready' }),
        },
      },
    },
    problems: ['database-unavailable'],
  },
  'GET /openapi.json': {
    id: 'getOpenApi',
    tag: 'Probes',
    scope: 'public',
    summary: 'This document',
    headers: z.object({ 'If-None-Match': ifNoneMatch }),
    answers: {
      200: {
        description: 'OpenAPI 3.1.',
        content: { 'application/json': z.looseObject({ openapi: z.string() }) },
        headers: ['ETag', 'Cache-Control'],
      },
      304: NOT_MODIFIED,
    },
  },
} as const satisfies Operations;
