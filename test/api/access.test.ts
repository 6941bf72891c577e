import { expect, test } from 'vitest';
import { createKey, SCOPES, type Scope } from '../../db/keys.ts';
import { ask, codeOf, postRun, startApi, type TestApi } from './support/api.ts';

/** Who may call what, as it was decided: a route that is added is decided here. */
const WANTED: Readonly<Record<'public' | Scope, readonly string[]>> = {
  public: [
    'GET /healthz',
    'GET /readyz',
    'GET /sign-in',
    'POST /session',
    'POST /sign-out',
    'GET /assets/:name',
    'GET /docs',
    'GET /docs/:file',
    'GET /openapi.json',
  ],
  read: [
    'GET /',
    'GET /live',
    'GET /runs',
    'GET /runs/new',
    'GET /runs/:id',
    'GET /runs/:id/attempts/:attempt/log',
    'GET /incidents',
    'GET /incidents/:id',
    'GET /incidents/:id/report.md',
    'GET /incidents/:id/report.json',
    'GET /recovery',
    'GET /environments/:name/reset',
    'GET /metrics',
    'GET /v1/environments',
    'GET /v1/environments/:name',
    'GET /v1/events',
    'GET /v1/hosts',
    'GET /v1/incidents',
    'GET /v1/incidents/:id',
    'GET /v1/incidents/:id/report',
    'GET /v1/pipelines',
    'POST /v1/pipelines/validate',
    'GET /v1/recovery/metrics',
    'GET /v1/runs',
    'GET /v1/runs/:id',
    'GET /v1/runs/:id/attempts',
    'GET /v1/runs/:id/events',
  ],
  run: [
    'POST /runs/new',
    'POST /runs/:id/cancel',
    'POST /runs/:id/resume',
    'POST /runs/:id/retry-now',
    'POST /v1/environments/:name/maintenance',
    'DELETE /v1/environments/:name/maintenance',
    'POST /v1/runs',
    'POST /v1/runs/:id/cancel',
    'POST /v1/runs/:id/resume',
    'POST /v1/runs/:id/retry-now',
  ],
  reset: ['POST /environments/:name/reset', 'POST /v1/environments/:name/reset'],
  admin: [
    'GET /v1/audit',
    'GET /v1/keys',
    'POST /v1/keys',
    'DELETE /v1/keys/:id',
    'GET /v1/webhooks',
    'POST /v1/webhooks',
    'DELETE /v1/webhooks/:id',
    'GET /v1/webhooks/:id/deliveries',
    'POST /v1/webhooks/:id/deliveries/:noticeId/retry',
    'POST /v1/webhooks/:id/test',
  ],
};

const isDashboard = (route: string) => /^\w+ \/queues(\/|$)/.test(route);

test('every route was decided, and is open to its scope and to admins, to nobody else', {
  timeout: 120_000,
}, async () => {
  const api = await startApi({ rateLimit: null });
  const undecided = api.routes.filter((route) => !isDashboard(route));
  expect(undecided, 'add it to the table above').toEqual(Object.values(WANTED).flat().sort());

  const keys = await keysByScope(api);
  const wanted = Object.entries(WANTED).flatMap(([scope, routes]) =>
    routes.map((route) => [route, scope] as const),
  );
  const dashboard = api.routes.filter(isDashboard).map((route) => [route, 'admin'] as const);
  expect(dashboard.length, 'the dashboard is there').toBeGreaterThan(20);
  let requests = 0;
  for (const [route, scope] of [...wanted, ...dashboard])
    for (const [holder, key] of keys)
      for (const request of [route, ...(route.startsWith('GET ') ? [route.replace('GET', 'HEAD')] : [])]) {
        const isIn = scope === 'public' || holder === scope || holder === 'admin';
        const expected = isIn ? 'in' : key === null ? 401 : 403;
        expect(`${request} with ${holder}: ${await verdict(api, request, key)}`).toBe(
          `${request} with ${holder}: ${expected}`,
        );
        requests++;
      }
  console.log(`routes x scopes: ${wanted.length + dashboard.length} routes, ${requests} requests`);
});

async function keysByScope(api: TestApi): Promise<Map<Scope | 'nobody', string | null>> {
  const keys = new Map<Scope | 'nobody', string | null>([['nobody', null]]);
  for (const scope of SCOPES) keys.set(scope, await createKey(api.database, scope, [scope]));
  return keys;
}

/** `in`: it was neither 401 nor 403. */
async function verdict(api: TestApi, request: string, key: string | null): Promise<number | 'in'> {
  const [verb = '', pattern = ''] = request.split(' ');
  // That of the pages is always a stream.
  const method = pattern === '/live' ? 'HEAD' : verb;
  const path = pattern.replace(/:\w+|\*/g, 'x');
  // Streams have no end: pages will do.
  const { status } = await ask(api, path, { method, key, headers: { accept: 'application/json' } });
  return status === 401 || status === 403 ? status : 'in';
}

test('who may not is told which scope it takes', async () => {
  const api = await startApi();
  const key = await createKey(api.database, 'reader', ['read']);
  const answer = await postRun(api, {}, { key });
  expect(codeOf(answer)).toBe('insufficient-scope');
  expect(answer.body.detail).toContain('"run"');
  expect(answer.headers.get('www-authenticate')).toContain('scope="run"');
});

test('a key with several scopes may do what each of them allows, and no more', async () => {
  const api = await startApi();
  const key = await createKey(api.database, 'ci', ['read', 'run']);
  const statuses = [
    (await ask(api, '/v1/runs', { key })).status,
    (await postRun(api, {}, { key })).status,
    (await ask(api, '/v1/environments/lab/reset', { key, body: { type: 'soft' } })).status,
    (await ask(api, '/v1/keys', { key })).status,
  ];
  expect(statuses).toEqual([200, 202, 403, 403]);
});
