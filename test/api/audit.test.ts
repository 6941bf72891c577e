import { expect, test } from 'vitest';
import { RefusalTally } from '../../api/guards/refusal-tally.ts';
import type { AuditEntry } from '../../db/audit.ts';
import { createKey } from '../../db/keys.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { ask, codeOf, postRun, startApi, type TestApi } from './support/api.ts';

const idOf = (key: string) => key.split('_')[1] ?? '';

async function auditOf(api: TestApi, query = ''): Promise<Record<string, unknown>[]> {
  const { status, body } = await ask(api, `/v1/audit${query}`);
  expect(status).toBe(200);
  return body.items;
}

test('who changes something is written down before the answer comes, refused or not, and reads are not', async () => {
  const api = await startApi();
  const reader = await createKey(api.database, 'reader', ['read']);
  const posted = await postRun(api, { userPrompt: 'a secret prompt' });
  const spoofed = { 'x-forwarded-for': '203.0.113.7' };
  await ask(api, '/v1/runs', { headers: spoofed });
  await postRun(api, {}, { key: reader, headers: spoofed });
  await ask(api, `/v1/runs/${posted.body.id}/cancel`, { method: 'POST' });
  await postRun(api, { workingDirectory: 7 });
  await ask(api, '/v1/environments/lab/maintenance', { body: { reason: 'new disk' } });
  const made = await ask(api, '/v1/keys', { body: { name: 'ci', scopes: ['read'] } });
  await ask(api, `/v1/keys/${made.body.key}`, { method: 'DELETE' });
  await ask(api, '/v1/environments/a%00b/maintenance', { method: 'DELETE' });
  await ask(api, '/v1/nothing/at/all', { method: 'DELETE' });
  await ask(api, '/session', { body: { key: api.key } });
  await ask(api, '/queues/api/queues/stages-rig-1/pause', { method: 'PUT' });
  const own = { keyId: idOf(api.key), remoteAddress: '127.0.0.1', calls: 1, problem: null };
  const row = (route: string, target: unknown, status: number, more = {}) => ({
    ...own,
    id: expect.any(String),
    at: expect.stringMatching(/Z$/),
    route,
    target,
    status,
    ...more,
  });
  const rows = await auditOf(api);
  expect(rows.reverse()).toEqual([
    row('POST /v1/runs', posted.body.id, 202),
    row('POST /v1/runs', null, 403, { keyId: idOf(reader), problem: 'insufficient-scope' }),
    row('POST /v1/runs/:id/cancel', posted.body.id, 202),
    row('POST /v1/runs', null, 422, { problem: 'validation-error' }),
    row('POST /v1/environments/:name/maintenance', 'lab', 200),
    row('POST /v1/keys', made.body.id, 201),
    row('DELETE /v1/keys/:id', `davy_${made.body.id}_...`, 404, { problem: 'unknown-key' }),
    row('DELETE /v1/environments/:name/maintenance', null, 404, { problem: 'unknown-environment' }),
    row('DELETE /v1/*', null, 404, { problem: 'not-found' }),
    row('POST /session', null, 204),
    row('PUT /queues/*', null, 405, { problem: 'method-not-allowed' }),
  ]);
  const kept = JSON.stringify(rows);
  for (const secret of ['secret prompt', made.body.key, 'new disk', '203.0.113.7'])
    expect(kept).not.toContain(secret);
});

test('it is for admins, and is read by key, route and time, page by page', async () => {
  const api = await startApi();
  const other = await createKey(api.database, 'other', ['run']);
  for (const key of [api.key, other, api.key]) await postRun(api, {}, { key });
  await ask(api, '/v1/environments/lab/maintenance', { method: 'DELETE' });
  expect(codeOf(await ask(api, '/v1/audit', { key: other }))).toBe('insufficient-scope');
  const [newest, second] = await auditOf(api);
  expect(await auditOf(api, `?key=${idOf(other)}`)).toHaveLength(1);
  expect(await auditOf(api, '?route=POST%20/v1/runs')).toHaveLength(3);
  expect(await auditOf(api, '?since=2020-01-01T00:00:00Z')).toHaveLength(4);
  expect(await auditOf(api, '?since=2999-01-01T00:00:00Z')).toEqual([]);
  const { body } = await ask(api, '/v1/audit?limit=1');
  expect(body.items).toEqual([newest]);
  expect(await auditOf(api, `?limit=1&cursor=${body.nextCursor}`)).toEqual([second]);
  for (const query of ['?since=yesterday', '?limit=0', '?prompt=x'])
    expect((await ask(api, `/v1/audit${query}`)).status).toBe(422);
  expect(codeOf(await ask(api, '/v1/audit?cursor=x'))).toBe('invalid-cursor');
});

test('strangers and those beyond the limit get few rows, however often they come', async () => {
  const api = await startApi({ rateLimit: 0.05 });
  for (let number = 1; number <= 20; number++)
    await ask(api, `/v1/runs/${number}`, { method: number % 2 ? 'GET' : 'DELETE', key: null });
  for (let number = 1; number <= 15; number++) await ask(api, '/v1/pipelines/validate', { body: {} });
  const rows = (await auditOf(api)).map(({ keyId, status, problem, route }) => ({
    keyId,
    status,
    problem,
    route,
  }));
  const strangers = rows.filter(({ keyId }) => keyId === null);
  expect(strangers.reverse()).toEqual([
    { keyId: null, status: 401, problem: 'unauthenticated', route: 'GET /v1/runs/:id' },
    { keyId: null, status: 429, problem: 'rate-limited', route: expect.stringMatching(/\/v1\/\*$/) },
  ]);
  expect(rows.filter(({ keyId, status }) => keyId !== null && status === 429)).toHaveLength(1);
});

test('refusals are counted until their window ends, and many strangers share a row', async () => {
  const rows: AuditEntry[] = [];
  const write = async (row: AuditEntry) => void rows.push(structuredClone(row));
  const tally = new RefusalTally(write, { windowMs: 200, kindsMax: 2 });
  const note = (remoteAddress: string) =>
    tally.note({
      keyId: null,
      remoteAddress,
      route: 'GET /v1/runs',
      target: null,
      status: 401,
      problem: 'unauthenticated',
      calls: 1,
    });
  const said = () => rows.map(({ remoteAddress, route, calls }) => `${remoteAddress} ${route} ${calls}`);
  const ended = (count: number) =>
    waitUntil(async () => rows.length >= count, {
      timeoutMs: 5_000,
      intervalMs: 10,
      what: 'the window ends',
    });
  for (const address of ['a', 'a', 'b', 'a', 'c', 'd', 'd']) await note(address);
  expect(said()).toEqual(['a GET /v1/runs 1', 'b GET /v1/runs 1']);
  await ended(4);
  expect(said().slice(2)).toEqual(['a * 2', 'null * 3']);
  await note('d');
  expect(said().slice(4)).toEqual(['d GET /v1/runs 1']);
});

test('a row that cannot be written goes to the log, and the answer comes all the same', async () => {
  const api = await startApi();
  await api.database.query((db) =>
    db.execute('alter table audit_log add constraint full_disk check (status <> 202)'),
  );
  expect((await postRun(api)).status).toBe(202);
  const warning = () => api.logs.find(({ message }) => message === 'a call is missing from the audit log');
  expect(warning()).toMatchObject({ level: 'warn', data: { route: 'POST /v1/runs', status: 202 } });
});

test('an answer does not wait for a table that is locked', async () => {
  const api = await startApi();
  let unlock = () => {};
  const locked = new Promise<void>((resolve) => {
    unlock = resolve;
  });
  const holder = api.database.query(
    (db) =>
      db.transaction(async (transaction) => {
        await transaction.execute('lock table audit_log in access exclusive mode');
        await locked;
      }),
    20_000,
  );
  const isLocked = () =>
    api.database.query((db) =>
      db.execute(
        `select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'audit_log'::regclass`,
      ),
    );
  await waitUntil(async () => (await isLocked()).length > 0, {
    timeoutMs: 5_000,
    intervalMs: 10,
    what: 'the lock',
  });
  expect((await postRun(api)).status).toBe(202);
  const given = api.logs.filter(({ message }) => message === 'a call is missing from the audit log');
  expect(given, 'its row is still tried for').toEqual([]);
  unlock();
  await holder;
  await waitUntil(async () => (await auditOf(api)).length > 0, {
    timeoutMs: 5_000,
    intervalMs: 10,
    what: 'its row',
  });
});
