import { z } from 'zod';

const header = (id: string, description: string) =>
  z.string().optional().meta({ header: { id }, description });

/** The headers of answers that mean something to a client. */
export const HEADERS = {
  Location: header('Location', 'The path of the run.'),
  ETag: header('ETag', 'Names this version: send it back as `If-None-Match`.'),
  'Cache-Control': header('CacheControl', 'Nothing is to be used again without asking.'),
  Vary: header('Vary', 'The answer depends on `Accept`.'),
  'Idempotency-Replayed': header(
    'IdempotencyReplayed',
    '`true`: the same request came before, and this is its run.',
  ),
  'Retry-After': header('RetryAfter', 'After how many seconds the request may be repeated.'),
  Allow: header('Allow', 'The methods that the path has.'),
  'WWW-Authenticate': header('WWWAuthenticate', 'That a Bearer key is wanted, and its scope.'),
  RateLimit: header(
    'RateLimit',
    'How many requests may follow at once (`r`), and after how many seconds there is one more (`t`). Absent where there are no limits.',
  ),
  'RateLimit-Policy': header(
    'RateLimitPolicy',
    'The budget: so many requests (`q`) within so many seconds (`w`). Absent where there are no limits.',
  ),
} as const;

export type HeaderName = keyof typeof HEADERS;
