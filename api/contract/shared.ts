import { z } from 'zod';
import type { Answer } from './operation.ts';

/** What several routes take or answer. */
export const ifNoneMatch = z.string().optional().meta({ description: 'An `ETag` that was answered before.' });

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;

/** Of a request that starts a run. */
export const repeatable = z.object({
  'Idempotency-Key': z
    .string()
    .regex(IDEMPOTENCY_KEY, 'must be 1 to 255 characters of printable ASCII')
    .optional()
    .meta({ description: 'Makes a repeated request safe: the same key, the same run.' }),
});

export const NOT_MODIFIED = {
  description: 'It is as the client knows it.',
  headers: ['ETag', 'Cache-Control'],
} as const satisfies Answer;
