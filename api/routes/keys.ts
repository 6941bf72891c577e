import { issueKey, type KeyRecord, listKeys, revokeUnlessLast } from '../../db/keys.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiHandler } from '../context.ts';
import { writeKeyCursor } from '../key-cursor.ts';
import { ProblemError } from '../problem.ts';
import { keyRequest, keysQuery, readQuery, valid } from '../request.ts';

export function keyRoutes() {
  const post: ApiHandler = async (c) => {
    const { text } = await readBody(c, ['application/json']);
    const { expiresAt = null, ...request } = valid(keyRequest, readJson(text));
    const { key, record } = await issueKey(c.get('database'), { ...request, expiresAt });
    c.set('target', record.id);
    // The only time that the key is shown.
    return c.json({ ...keyView(record), key }, 201);
  };

  const list: ApiHandler = async (c) => {
    const { limit, cursor = null } = readQuery(c, keysQuery);
    const keys = await listKeys(c.get('database'), cursor, limit + 1);
    const page = keys.slice(0, limit);
    const last = keys.length > limit ? page.at(-1) : undefined;
    return c.json({ items: page.map(keyView), nextCursor: last ? writeKeyCursor(last) : null });
  };

  const revoke: ApiHandler = async (c) => {
    const id = c.req.param('id') ?? '';
    const revocation = KEY_ID.test(id) ? await revokeUnlessLast(c.get('database'), id) : 'unknown';
    if (revocation === 'unknown') throw unknownKey();
    if (revocation === 'last') throw lastAdmin();
    return c.body(null, 204);
  };

  return { 'POST /v1/keys': post, 'GET /v1/keys': list, 'DELETE /v1/keys/:id': revoke };
}

const KEY_ID = /^[0-9a-f]{16}$/;

function keyView({ id, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt }: KeyRecord) {
  return { id, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt };
}

function unknownKey(): ProblemError {
  return new ProblemError('unknown-key', 'No API key has this id.', {
    nextStep: 'GET /v1/keys lists them. The id is the part of a key between the underscores.',
  });
}

function lastAdmin(): ProblemError {
  return new ProblemError('state-conflict', 'This is the last key that works and has the scope "admin".', {
    nextStep: 'Make another one first: POST /v1/keys with {"name": "...", "scopes": ["admin"]}.',
  });
}
