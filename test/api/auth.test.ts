import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureAdminKey } from '../../api/admin-key.ts';
import { createKey, revokeUnlessLast } from '../../db/keys.ts';
import { ask, codeOf, startApi, type TestApi, temporaryFolder } from './support/api.ts';
import { rawAnswer } from './support/raw.ts';

const idOf = (key: string) => key.split('_')[1] ?? '';

test('every reason for a 401 gets the same answer', async () => {
  const api = await startApi();
  const other = await createKey(api.database, 'other', ['admin']);
  const revoked = await createKey(api.database, 'revoked', ['admin']);
  await revokeUnlessLast(api.database, idOf(revoked));
  const expired = await createKey(api.database, 'expired', ['admin']);
  await expire(api, expired);
  const headers: Record<string, Record<string, string>> = {
    none: {},
    basic: { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
    'empty bearer': { authorization: 'Bearer ' },
    'bare key': { authorization: api.key },
    'two keys': { authorization: `Bearer ${api.key} ${api.key}` },
    malformed: { authorization: 'Bearer davy_x_y' },
    unknown: { authorization: `Bearer davy_${'0'.repeat(16)}_${'0'.repeat(64)}` },
    'wrong secret': { authorization: `Bearer davy_${idOf(api.key)}_${'0'.repeat(64)}` },
    "another key's secret": { authorization: `Bearer davy_${idOf(api.key)}_${other.split('_')[2]}` },
    'upper case': { authorization: `Bearer ${api.key.toUpperCase()}` },
    revoked: { authorization: `Bearer ${revoked}` },
    expired: { authorization: `Bearer ${expired}` },
    cookie: { cookie: `davy_session=${api.key}` },
    'header of its own': { 'x-api-key': api.key },
  };
  const answers = Object.entries(headers).map(async ([name, extra]) => {
    const { status, body, headers } = await ask(api, '/v1/runs', { key: null, headers: extra });
    return [name, { status, body, challenge: headers.get('www-authenticate') }];
  });
  const inQuery = await ask(api, `/v1/runs?key=${api.key}&access_token=${api.key}`, { key: null });
  const expected = { status: 401, body: inQuery.body, challenge: 'Bearer realm="davylamp"' };
  expect(codeOf(inQuery)).toBe('unauthenticated');
  expect(Object.fromEntries(await Promise.all(answers))).toEqual(
    Object.fromEntries(Object.keys(headers).map((name) => [name, expected])),
  );
  expect(JSON.stringify(api.logs)).not.toContain(api.key);
});

async function expire(api: TestApi, key: string): Promise<void> {
  await api.database.query((db) =>
    db.execute(`update api_keys set expires_at = now() - interval '1 second' where id = '${idOf(key)}'`),
  );
}

test('what is not there is not told without a key', async () => {
  const api = await startApi();
  for (const path of ['/v1/nothing', '/v1', '/queues/nothing'])
    expect((await rawAnswer(api, `GET ${path}`, { authorization: 'Bearer x' })).code).toBe('unauthenticated');
});

test('the first start leaves an admin key in a file of its own, and later ones leave it alone', async () => {
  const api = await startApi();
  const file = join(await temporaryFolder(), '.davy', 'api-key');
  const ensure = () => ensureAdminKey({ database: api.database, file });
  const mode = async () => (await stat(file)).mode & 0o777;

  expect(await ensure()).toEqual({ created: true });
  const first = (await readFile(file, 'utf8')).trim();
  expect(await mode()).toBe(0o600);
  expect((await ask(api, '/queues', { key: first })).status).toBe(200);

  await chmod(file, 0o644);
  expect(await ensure()).toEqual({ created: false });
  expect((await readFile(file, 'utf8')).trim()).toBe(first);
  expect(await mode()).toBe(0o600);

  await revokeUnlessLast(api.database, idOf(first));
  expect(await ensure()).toEqual({ created: true });
  expect((await readFile(file, 'utf8')).trim()).not.toBe(first);

  await writeFile(file, 'not a key');
  expect(await ensure()).toEqual({ created: true });
  expect((await ask(api, '/v1/runs', { key: (await readFile(file, 'utf8')).trim() })).status).toBe(200);
});
