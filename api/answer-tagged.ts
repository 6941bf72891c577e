import { createHash } from 'node:crypto';
import type { ApiContext } from './context.ts';
import { matches } from './read-run.ts';

/** Answers with the document, or with 304 where the client has it already: the tag is that of its content. */
export function answerTagged(c: ApiContext, document: object): Response {
  const body = JSON.stringify(document);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  c.header('ETag', `W/${tag}`);
  c.header('Cache-Control', 'private, no-cache');
  if (matches(c.req.header('if-none-match'), tag)) return c.body(null, 304);
  return c.body(body, 200, { 'Content-Type': 'application/json' });
}
