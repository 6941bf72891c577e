import { createHash } from 'node:crypto';
import type { TypedResponse } from 'hono';
import type { ApiContext } from '../context.ts';
import type { Json } from './route.ts';

type Tagged<T> = Response & (TypedResponse<Json<T>, 200, 'json'> | TypedResponse<null, 304, 'body'>);

/** Answers with the document, or with 304 where the client has it already: the tag is that of its content. */
export function answerWithETag<T extends object>(
  c: ApiContext,
  document: T,
  cacheControl = 'private, no-cache',
): Tagged<T> {
  const body = JSON.stringify(document);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  c.header('ETag', `W/${tag}`);
  c.header('Cache-Control', cacheControl);
  if (matches(c.req.header('if-none-match'), tag)) return c.body(null, 304);
  const answer: Response = c.body(body, 200, { 'Content-Type': 'application/json' });
  return answer as Tagged<T>;
}

/** Whether the client has this version: the weak comparison of RFC 9110. */
export function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((item) => item.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(tag) || tags.includes('*');
}
