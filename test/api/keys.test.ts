import { expect, test } from 'vitest';
import { createKey } from '../../db/keys.ts';
import { ask, codeOf, startApi, type TestApi } from './support/api.ts';

const idOf = (key: string) => key.split('_')[1] ?? '';
const post = (api: TestApi, body: unknown, key = api.key) => ask(api, '/v1/keys', { body, key });
const revoke = (api: TestApi, id: string, key = api.key) =>
  ask(api, `/v1/keys/${id}`, { method: 'DELETE', key });

test('a key is shown once, works, and is let in no more from the moment it is revoked', async () => {
  const api = await startApi();
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const { status, body, headers } = await post(api, {
    name: 'ci',
    scopes: ['run', 'read'],
    expiresAt: expiresAt.replace('Z', '+00:00'),
  });
  expect(status).toBe(201);
  expect(headers.get('cache-control')).toBe('no-store');
  const { key, ...shown } = body;
  expect(key).toMatch(/^davy_[0-9a-f]{16}_[0-9a-f]{64}$/);
  expect(shown).toEqual({
    id: idOf(key),
    name: 'ci',
    scopes: ['run', 'read'],
    createdAt: expect.stringMatching(/Z$/),
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  });

  const list = await ask(api, '/v1/keys');
  expect(list.body.items[0]).toEqual(shown);
  expect(JSON.stringify(list.body)).not.toContain(key.split('_')[2]);
  expect((await ask(api, '/v1/runs', { key })).status).toBe(200);
  expect(codeOf(await ask(api, '/v1/keys', { key }))).toBe('insufficient-scope');

  for (const _ of [1, 2]) {
    const revoked = await revoke(api, idOf(key));
    expect([revoked.status, revoked.body]).toEqual([204, '']);
  }
  const refused = await ask(api, '/v1/runs', { key });
  const unknown = await ask(api, '/v1/runs', { key: null });
  expect([refused.status, refused.body]).toEqual([401, unknown.body]);
  const [after] = (await ask(api, '/v1/keys')).body.items;
  expect(after).toMatchObject({
    id: idOf(key),
    revokedAt: expect.any(String),
    lastUsedAt: expect.any(String),
  });
});

test('what makes no key is told apart, each with its place', async () => {
  const api = await startApi();
  const good = { name: 'ci', scopes: ['read'] };
  const wrong: Record<string, [unknown, string]> = {
    'an unknown field': [{ ...good, secret: 'x' }, '$'],
    'no name': [{ scopes: ['read'] }, 'name'],
    'an empty name': [{ ...good, name: '' }, 'name'],
    'a long name': [{ ...good, name: 'x'.repeat(257) }, 'name'],
    'a NUL': [{ ...good, name: 'a\u0000' }, 'name'],
    'a lone surrogate': [`{"name":"\\ud800","scopes":["read"]}`, 'name'],
    'an escape sequence': [{ ...good, name: '\u001b[2J' }, 'name'],
    'no scopes': [{ ...good, scopes: [] }, 'scopes'],
    'an unknown scope': [{ ...good, scopes: ['root'] }, 'scopes[0]'],
    'a scope twice': [{ ...good, scopes: ['read', 'read'] }, 'scopes'],
    'scopes as a word': [{ ...good, scopes: 'read' }, 'scopes'],
    'a past expiry': [{ ...good, expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    'an expiry without zone': [{ ...good, expiresAt: '2999-01-01T00:00:00' }, 'expiresAt'],
    'a day': [{ ...good, expiresAt: '2999-01-01' }, 'expiresAt'],
    'no such day': [{ ...good, expiresAt: '2999-02-30T00:00:00Z' }, 'expiresAt'],
    'a number': [{ ...good, expiresAt: 1 }, 'expiresAt'],
  };
  for (const [name, [body, path]] of Object.entries(wrong)) {
    const answer = await post(api, body);
    expect([name, answer.status, answer.body.errors?.[0]?.path]).toEqual([name, 422, path]);
  }
  expect((await ask(api, '/v1/keys')).body.items).toHaveLength(1);
  for (const body of [
    { ...good, expiresAt: null },
    { ...good, expiresAt: '9999-12-31T23:59:59Z' },
  ])
    expect((await post(api, body)).status).toBe(201);
});

test('the last admin key cannot be revoked, and is told what to do', async () => {
  const api = await startApi();
  const refused = await revoke(api, idOf(api.key));
  expect([refused.status, codeOf(refused)]).toEqual([409, 'state-conflict']);
  expect(refused.body.nextStep).toContain('POST /v1/keys');
  const { body } = await post(api, { name: 'next', scopes: ['admin'] });
  expect((await revoke(api, idOf(api.key))).status).toBe(204);
  expect((await revoke(api, idOf(api.key))).status).toBe(401);
  expect((await revoke(api, idOf(api.key), body.key)).status).toBe(204);
  for (const id of ['0'.repeat(16), 'x', '%00', body.key, idOf(body.key).toUpperCase()]) {
    const answer = await revoke(api, id, body.key);
    expect([id, answer.status, codeOf(answer)]).toEqual([id, 404, 'unknown-key']);
  }
});

test('the list goes on from its cursors, and takes no others', async () => {
  const api = await startApi();
  for (let number = 1; number <= 4; number++) await createKey(api.database, `${number}`, ['read']);
  const names: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await ask(api, `/v1/keys?limit=2${cursor && `&cursor=${cursor}`}`);
    names.push(...body.items.map(({ name }: { name: string }) => name));
    if (body.nextCursor === null) break;
    cursor = body.nextCursor;
  }
  expect(names).toHaveLength(5);
  expect(names.toSorted()).toEqual(['1', '2', '3', '4', 'test']);
  const place = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
  const year275760 = place(`001eb208c2dc0000${'0'.repeat(16)}`);
  for (const cursor of [
    'x',
    year275760,
    place('ff'.repeat(16)),
    place('00'.repeat(15)),
    `${place('00'.repeat(16))}=`,
  ]) {
    const answer = await ask(api, `/v1/keys?cursor=${cursor}`);
    expect([cursor, answer.status, codeOf(answer)]).toEqual([cursor, 400, 'invalid-cursor']);
  }
  expect((await ask(api, '/v1/keys?limit=0')).status).toBe(422);
  expect((await ask(api, '/v1/keys?scope=read')).status).toBe(422);
});
