import { issueKey, type KeyRecord, listKeys, revokeUnlessLast } from '../../db/keys.ts';
import { writeKeyCursor } from '../http/key-cursor.ts';
import { pageOf } from '../http/page-of.ts';
import { ProblemError } from '../http/problem.ts';
import type { RouteHandler } from '../http/route.ts';
import { unknown } from '../http/unknown.ts';

export function keyRoutes() {
  const post: RouteHandler<'POST /v1/keys'> = async (c) => {
    const { expiresAt = null, ...request } = c.req.valid('json');
    const { key, record } = await issueKey(c.get('database'), { ...request, expiresAt });
    c.set('target', record.id);
    // The only time that the key is shown.
    return c.json({ ...keyView(record), key }, 201);
  };

  const list: RouteHandler<'GET /v1/keys'> = async (c) => {
    const { limit, cursor = null } = c.req.valid('query');
    const rows = await listKeys(c.get('database'), cursor, limit + 1);
    const { items, next } = pageOf(rows, limit, writeKeyCursor);
    return c.json({ items: items.map(keyView), nextCursor: next });
  };

  const revoke: RouteHandler<'DELETE /v1/keys/:id'> = async (c) => {
    const revocation = await revokeUnlessLast(c.get('database'), c.req.valid('param').id);
    if (revocation === 'unknown') throw unknown('unknown-key');
    if (revocation === 'last') throw lastAdmin();
    return c.body(null, 204);
  };

  return { 'POST /v1/keys': post, 'GET /v1/keys': list, 'DELETE /v1/keys/:id': revoke };
}

function keyView({ id, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt }: KeyRecord) {
  return { id, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt };
}

function lastAdmin(): ProblemError {
  return new ProblemError('state-conflict', 'This is the last key that works and has the scope "admin".', {
    nextStep: 'Make another one first: POST /v1/keys with {"name": "...", "scopes": ["admin"]}.',
  });
}
