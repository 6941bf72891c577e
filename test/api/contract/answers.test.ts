import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { API_ROUTES, type ApiRoute, operationOf } from '../../../api/contract/index.ts';
import { isLimited } from '../../../api/contract/operation.ts';
import { parseEnvironment } from '../../../core/environment.ts';
import type { RunEvent } from '../../../core/run.ts';
import { startEmbeddedPostgres } from '../../../db/embedded/launcher.ts';
import { registerEnvironment, registerHost } from '../../../db/environments.ts';
import { createKey } from '../../../db/keys.ts';
import { migrate } from '../../../db/migrate.ts';
import { receiver } from '../../worker/notices/receiver.ts';
import {
  type Ask,
  addEnvironment,
  ask,
  HOST,
  loseEnvironment,
  postRun,
  startApi,
  type TestApi,
  temporaryFolder,
} from '../support/api.ts';
import { documentedAnswers, judgeSchema, seenAnswers, seenProblems } from '../support/documented.ts';
import { driveRun } from '../support/drive.ts';
import { RECORDS, record } from '../support/record.ts';

// Together these provoke every answer that the document has; the last test says which of them never came.

const NOWHERE = '01890000-0000-7000-8000-000000000000';

/** A request for the route whose path leads to nothing. */
function astray(route: ApiRoute): [path: string, ask: Ask] {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replace(':name', 'nowhere').replace(/:\w+/g, NOWHERE);
  const body = GOOD[route];
  return [path, { method, headers: { accept: 'application/json' }, ...(body === undefined ? {} : { body }) }];
}

/** Bodies that are good as far as can be seen without the database. */
const GOOD: Partial<Record<ApiRoute, object>> = {
  'POST /v1/runs': { pipelineName: 'x', userPrompt: '', workingDirectory: '/nowhere' },
  'POST /v1/pipelines/validate': {},
  'POST /v1/environments/:name/maintenance': {},
  'POST /v1/environments/:name/reset': { type: 'soft' },
  'POST /v1/webhooks': { url: 'https://hooks.example.com/' },
  'POST /v1/keys': { name: 'x', scopes: ['read'] },
};

const guarded = API_ROUTES.filter((route) => operationOf(route).scope !== 'public');

test('without a key, and with one that may not', async () => {
  const api = await startApi();
  const keys = {
    read: await createKey(api.database, 'reader', ['read']),
    run: await createKey(api.database, 'runner', ['run']),
  };
  for (const route of guarded) {
    const [path, request] = astray(route);
    expect((await ask(api, path, { ...request, key: null })).status, route).toBe(401);
    const key = operationOf(route).scope === 'read' ? keys.run : keys.read;
    expect((await ask(api, path, { ...request, key })).status, route).toBe(403);
  }
});

test('beyond the budget', async () => {
  const api = await startApi({ rateLimit: 0.001 });
  const limited = API_ROUTES.filter(isLimited);
  for (const route of [...limited, ...limited]) {
    const [path, request] = astray(route);
    await ask(api, path, request);
  }
});

test('with Postgres away', { timeout: 60_000 }, async () => {
  const postgres = await startEmbeddedPostgres({
    dataDir: await temporaryFolder(),
    settings: { fsync: 'off' },
  });
  onTestFinished(() => postgres.stop());
  await migrate(postgres.url);
  const api = await startApi({ databaseUrl: postgres.url });
  await postgres.stop();
  const asked = [...guarded, 'GET /readyz' as const].map(async (route) => {
    const [path, request] = astray(route);
    return (await ask(api, path, request)).status;
  });
  expect(new Set(await Promise.all(asked))).toEqual(new Set([503]));
});

test('bodies that cannot be read', async () => {
  const api = await startApi({ rateLimit: null });
  for (const route of API_ROUTES) {
    const { body } = operationOf(route);
    if (body === undefined) continue;
    const [path, request] = astray(route);
    const nested = '['.repeat(100);
    const bad: [Ask, number][] = [
      [{ body: '{' }, 400],
      [{ body: new Uint8Array([0x7b, 0xff, 0x7d]) }, 400],
      [{ body: ' '.repeat(body.maxBytes + 1) }, 413],
      [{ body: '{}', headers: { 'content-type': 'application/xml' } }, 415],
      [{ body: nested }, 422],
    ];
    for (const [more, status] of bad)
      expect((await ask(api, path, { ...request, ...more })).status, route).toBe(status);
  }
});

test('queries and headers that say nothing', async () => {
  const api = await startApi({ rateLimit: null });
  for (const route of API_ROUTES) {
    const { query, headers } = operationOf(route);
    const [path, request] = astray(route);
    const isGood = (name: string) => headers !== undefined && name in headers.shape;
    if (query) expect((await ask(api, `${path}?nonsense=1`, request)).status, route).toBe(422);
    if (query && 'cursor' in query.shape)
      expect((await ask(api, `${path}?cursor=x`, request)).status, route).toBe(400);
    if (isGood('Last-Event-ID'))
      expect((await ask(api, path, { ...request, headers: { 'last-event-id': 'x' } })).status).toBe(400);
    if (isGood('Idempotency-Key'))
      expect(
        (await ask(api, path, { ...request, headers: { 'idempotency-key': 'x'.repeat(256) } })).status,
      ).toBe(422);
  }
});

test('what is not there', async () => {
  const api = await startApi({ rateLimit: null });
  for (const route of API_ROUTES.filter((route) => operationOf(route).unknown)) {
    const [path, request] = astray(route);
    expect((await ask(api, path, request)).status, route).toBe(404);
  }
});

const begun: RunEvent = { type: 'begun' };
const failed: RunEvent = { type: 'stage_failed', failure: { code: 'timeout', message: 'too late' } };
const notHealed: RunEvent = { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still down' } };
const hopeless: RunEvent = {
  type: 'recovery_finished',
  outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail: 'the disk is gone' } },
};

async function runAfter(api: TestApi, events: readonly RunEvent[]): Promise<string> {
  const { body } = await postRun(api);
  await driveRun(api.database, body.id, events);
  return body.id;
}

/** As who knows the document that was answered before. */
async function again(api: TestApi, path: string, more: Record<string, string> = {}): Promise<number> {
  const first = await ask(api, path, { headers: more });
  const headers = { ...more, 'if-none-match': first.headers.get('etag') ?? '' };
  return (await ask(api, path, { headers })).status;
}

const order = (api: TestApi, path: string, body?: object) =>
  ask(api, path, { method: 'POST', ...(body ? { body } : {}) });

test('runs: their start', async () => {
  const api = await startApi();
  const { body: run } = await postRun(api, {}, { headers: { 'idempotency-key': 'one' } });
  expect(run.status).toBe('queued');
  const other = await postRun(api, { userPrompt: 'other' }, { headers: { 'idempotency-key': 'one' } });
  const plain = (text: string) => postRun(api, {}, { body: text, headers: { 'content-type': 'text/plain' } });
  await registerHost(api.database, { name: 'rig-2', workerId: 'worker-2', roots: [api.root] });
  await addEnvironment(api.database, { host: 'rig-2', name: 'lab', workingDirectory: api.lab });
  const answers = [
    other,
    await plain('start something'),
    await postRun(api, { pipelineName: 'nothing', host: HOST }),
    await postRun(api),
    await postRun(api, { workingDirectory: '/etc' }),
    await postRun(api, { workingDirectory: join(api.root, 'empty') }),
    await postRun(api, { host: 'rig-9' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([422, 400, 404, 409, 422, 422, 422]);
  await loseEnvironment(api);
  expect((await postRun(api, { host: HOST })).status).toBe(409);
});

test('runs: their course', async () => {
  const api = await startApi();
  const waiting = await runAfter(api, [begun, failed, begun, notHealed]);
  const path = `/v1/runs/${waiting}`;
  expect(await again(api, '/v1/runs')).toBe(304);
  expect(await again(api, path)).toBe(304);
  expect(await again(api, `${path}/attempts`)).toBe(304);
  const statuses = [
    await order(api, `${path}/resume`),
    await order(api, `${path}/retry-now`),
    await order(api, `${path}/cancel`),
    await order(api, `${path}/cancel`),
    await order(api, `${path}/retry-now`),
    await order(api, `/v1/runs/${await runAfter(api, [begun, failed, begun, hopeless])}/resume`),
  ].map(({ status }) => status);
  expect(statuses).toEqual([409, 202, 202, 409, 409, 202]);
});

test('runs: so many who wait for one', async () => {
  const api = await startApi({ longPollsMax: 3 });
  const { body } = await postRun(api);
  const patience = new AbortController();
  const waiters = Array.from({ length: 4 }, async () => {
    const { status } = await ask(api, `/v1/runs/${body.id}?wait=60`, { signal: patience.signal });
    return status;
  });
  expect(await Promise.race(waiters), 'the one that is too many').toBe(429);
  patience.abort();
  await Promise.allSettled(waiters);
});

test('events', async () => {
  const api = await startApi({ eventStreams: { perKey: 1 } });
  const { body } = await postRun(api);
  await order(api, `/v1/runs/${body.id}/cancel`);
  const path = `/v1/runs/${body.id}/events`;
  const stream = await ask(api, path);
  const messages = [...String(stream.body).matchAll(/^event: (.*)\ndata: (.*)$/gm)];
  expect(messages.length).toBeGreaterThan(2);
  for (const [, type, data = ''] of messages)
    judgeSchema(type === 'end' ? 'StreamEnd' : 'Event', JSON.parse(data));
  const all = await fetch(`${api.url}/v1/events`, { headers: { authorization: `Bearer ${api.key}` } });
  seenAnswers.set(`GET /v1/events ${all.status} ${all.headers.get('content-type')}`, '');
  const statuses = [
    (await ask(api, path)).status,
    (await ask(api, '/v1/events')).status,
    await again(api, path, { accept: 'application/json' }),
    await again(api, '/v1/events', { accept: 'application/json' }),
  ];
  await all.body?.cancel();
  expect(statuses).toEqual([429, 429, 304, 304]);
});

test('incidents', async () => {
  const api = await startApi();
  await runAfter(api, [begun, failed, begun, hopeless]);
  const { body } = await ask(api, '/v1/incidents');
  const path = `/v1/incidents/${body.items[0].id}`;
  await ask(api, path);
  await ask(api, `${path}/report`);
  const text = await ask(api, `${path}/report`, { headers: { accept: 'text/markdown' } });
  expect(text.body).toMatch(/^# /);
});

async function resettable(api: TestApi, name: string): Promise<void> {
  const parsed = parseEnvironment({ name, daemon: {}, pool: {}, miners: [{}], resettable: true });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const workingDirectory = join(api.root, name);
  await registerEnvironment(api.database, { host: HOST, workingDirectory, definition: parsed.environment });
}

test('environments', async () => {
  const api = await startApi();
  await resettable(api, 'practice');
  await registerHost(api.database, { name: 'rig-2', workerId: 'worker-2', roots: [api.root] });
  for (const host of [HOST, 'rig-2'])
    await addEnvironment(api.database, { host, name: 'twin', workingDirectory: join(api.root, 'twin') });
  await ask(api, '/v1/hosts');
  await ask(api, '/v1/environments');
  const reset = (name: string, body: object) =>
    ask(api, `/v1/environments/${name}/reset`, { body, headers: { 'idempotency-key': `${name} one` } });
  const answers = [
    await ask(api, '/v1/environments/lab'),
    await order(api, '/v1/environments/lab/maintenance', { reason: 'new disk' }),
    await ask(api, '/v1/environments/lab/maintenance', { method: 'DELETE' }),
    await ask(api, '/v1/environments/twin'),
    await order(api, '/v1/environments/twin/maintenance', {}),
    await ask(api, '/v1/environments/twin/maintenance', { method: 'DELETE' }),
    await reset('twin', { type: 'soft' }),
    await reset('lab', { type: 'full', confirm: 'lab' }),
    await reset('practice', { type: 'data' }),
    await reset('practice', { type: 'data', confirm: 'lab' }),
    await reset('practice', { type: 'data', confirm: 'practice' }),
    await reset('practice', { type: 'soft' }),
    await order(api, '/v1/environments/practice/reset', { type: 'soft' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([
    200, 200, 204, 409, 409, 409, 409, 422, 428, 412, 202, 422, 409,
  ]);
  await loseEnvironment(api);
  expect((await order(api, '/v1/environments/practice/reset', { type: 'soft' })).status).toBe(409);
});

test('pipelines, metrics, probes and this document', async () => {
  const api = await startApi();
  await ask(api, '/v1/pipelines');
  await order(api, '/v1/pipelines/validate', { id: 'x' });
  await ask(api, '/v1/recovery/metrics');
  await ask(api, '/metrics');
  await ask(api, '/healthz');
  await ask(api, '/readyz');
  expect(await again(api, '/openapi.json')).toBe(304);
});

test('keys and the audit log', async () => {
  const api = await startApi();
  const { body } = await order(api, '/v1/keys', { name: 'reader', scopes: ['read'] });
  await ask(api, '/v1/keys');
  const revoke = (id: string) => ask(api, `/v1/keys/${id}`, { method: 'DELETE' });
  expect((await revoke(body.id)).status).toBe(204);
  expect((await revoke(api.key.split('_')[1] ?? '')).status).toBe(409);
  expect((await ask(api, '/v1/audit')).body.items.length).toBeGreaterThan(1);
});

test('webhooks', { timeout: 60_000 }, async () => {
  const api = await startApi({ webhookAllow: '127.0.0.1' });
  const silent = await receiver(() => {});
  const { body: webhook } = await order(api, '/v1/webhooks', { url: silent.url });
  const path = `/v1/webhooks/${webhook.id}`;
  expect((await order(api, '/v1/webhooks', { url: 'https://10.0.0.1/' })).status).toBe(422);
  await runAfter(api, [begun, failed, begun, hopeless]);
  await ask(api, '/v1/webhooks');
  const { body: deliveries } = await ask(api, `${path}/deliveries`);
  const retry = (noticeId = deliveries.items[0].noticeId) =>
    order(api, `${path}/deliveries/${noticeId}/retry`);
  expect((await retry(NOWHERE)).status).toBe(404);
  expect((await retry()).status).toBe(202);
  await api.database.query((db) => db.execute('update notice_deliveries set delivered_at = now()'));
  expect((await retry()).status).toBe(409);
  const tests = Array.from({ length: 5 }, () => order(api, `${path}/test`));
  expect((await Promise.all(tests)).map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 429]);
  expect((await ask(api, path, { method: 'DELETE' })).status).toBe(204);
});

test('every documented answer was seen', () => {
  const documented = documentedAnswers();
  expect(documented.filter((answer) => !seenAnswers.has(answer))).toEqual([]);
  if (RECORDS) record({ problems: seenProblems() });
  console.log(`${documented.length} documented answers of ${API_ROUTES.length} routes were seen`);
});
