import { expect, test } from 'vitest';
import { registerHost } from '../../db/environments.ts';
import { createKey } from '../../db/keys.ts';
import { type Ask, ask, codeOf, HOST, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Signs in as a browser does, and gives the cookie. */
async function signIn(api: TestApi, key: string): Promise<string> {
  const answer = await ask(api, '/session', {
    key: null,
    body: new URLSearchParams({ key, to: '/queues' }).toString(),
    headers: { ...FORM, origin: api.url },
  });
  expect({ status: answer.status, to: answer.headers.get('location') }).toEqual({
    status: 303,
    to: '/queues',
  });
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  return cookie;
}

test('the dashboard shows the queues of all hosts, those that appear later too, and stays offline', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const job = { kind: 'stages', host: HOST, runId: body.id, dispatch: 1 } as const;
  await expect.poll(() => api.dispatcher.pending(job), { timeout: 10_000 }).toBe('pending');
  const queues = async () => {
    const answer = await ask(
      api,
      `/queues/api/queues?activeQueue=stages-${HOST}&status=waiting&page=1&jobsPerPage=10`,
    );
    return answer.body.queues as {
      name: string;
      readOnlyMode: boolean;
      jobs: { name: string; data: unknown }[];
    }[];
  };
  const [stages, recovery, ...others] = await queues();
  expect([stages?.name, recovery?.name, others.length]).toEqual([`stages-${HOST}`, `recovery-${HOST}`, 0]);
  expect(stages).toMatchObject({ readOnlyMode: true });
  expect(stages?.jobs).toMatchObject([
    { name: 'verify_dependencies', data: { runId: body.id, dispatch: 1, stageId: 'verify_dependencies' } },
  ]);
  await registerHost(api.database, { name: 'rig-2', workerId: 'worker-2', roots: ['/x'] });
  expect((await queues()).map(({ name }) => name)).toContain('stages-rig-2');

  const page = await ask(api, '/queues');
  expect(page.body).toContain('<base href="/queues/"');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self';.*frame-ancestors 'none'/);
  const [script = ''] = /static\/js\/main[^"]+/.exec(page.body) ?? [];
  const asset = await ask(api, `/queues/${script}`);
  expect([asset.status, asset.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
  expect((await ask(api, '/queues/static/../package.json')).status).toBe(404);
  expect((await ask(api, '/queues/static/%2e%2e%2f%2e%2e%2fpackage.json')).status).toBe(404);
});

test('a run leads to its job on the dashboard, which names the run', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const job = { kind: 'stages', host: HOST, runId: body.id, dispatch: 1 } as const;
  await expect.poll(() => api.dispatcher.pending(job), { timeout: 10_000 }).toBe('pending');
  expect(body.links.jobs).toBe(`/queues/queue/stages-${HOST}/${body.id}.1`);
  const page = await ask(api, body.links.jobs);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
  const shown = await ask(api, body.links.jobs.replace('/queues/queue/', '/queues/api/queues/'));
  expect(shown.body.job).toMatchObject({
    id: `${body.id}.1`,
    name: 'verify_dependencies',
    data: { runId: body.id, dispatch: 1 },
  });

  await driveRun(api.database, body.id, [
    { type: 'begun' },
    { type: 'stage_failed', failure: { code: 'timeout', message: 'x' } },
  ]);
  const recovering = (await ask(api, `/v1/runs/${body.id}`)).body;
  expect(recovering.links.jobs).toBe(`/queues/queue/recovery-${HOST}/${body.id}.2`);
  await ask(api, `/v1/runs/${body.id}/cancel`, { method: 'POST' });
  expect((await ask(api, `/v1/runs/${body.id}`)).body).toMatchObject({
    status: 'cancelled',
    links: { jobs: null },
  });
});

test('a browser signs in with a key and gets a cookie that is not the key', async () => {
  const api = await startApi();
  const html = { accept: 'text/html' };
  const stranger = await ask(api, '/queues', { key: null, headers: html });
  expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/sign-in?to=%2Fqueues']);
  const page = await ask(api, '/sign-in', { key: null });
  expect(page.body).toContain('action="/session"');
  expect(page.headers.get('content-security-policy')).toContain("style-src 'self'");

  const cookie = await signIn(api, api.key);
  expect(cookie).not.toContain(api.key.slice(-20));
  expect((await ask(api, '/queues', { key: null, headers: { ...html, cookie } })).status).toBe(200);
  expect((await ask(api, '/v1/runs', { key: null, headers: { cookie } })).status).toBe(401);
  const [, secret = ''] = cookie.split('=');
  expect((await ask(api, '/queues', { key: secret })).status).toBe(401);

  const json = await ask(api, '/session', { key: null, body: { key: api.key } });
  expect(json.status).toBe(204);
  expect(json.headers.get('set-cookie')).toMatch(/^davy_session=.*; Path=\/; HttpOnly; SameSite=Strict$/);
});

test('sign-ins that do not work', async () => {
  const api = await startApi();
  const attempt = (body: string, more: Ask = {}) =>
    ask(api, '/session', { key: null, body, headers: { ...FORM, ...more.headers } });
  const wrong = await attempt('key=davy_x');
  expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
  expect(wrong.body).toContain('role="alert"');
  expect(codeOf(await ask(api, '/session', { key: null, body: { key: 'x' } }))).toBe('unauthenticated');
  expect((await attempt('')).status).toBe(422);
  expect((await attempt('key=x&admin=true')).status).toBe(422);
  expect((await attempt(`key=${'x'.repeat(5000)}`)).status).toBe(413);
  expect((await ask(api, `/session?key=${api.key}`, { key: null, method: 'POST' })).status).toBe(415);
  const foreign = await attempt(`key=${api.key}`, { headers: { origin: 'https://evil.example' } });
  expect(`${foreign.status} ${codeOf(foreign)}`).toBe('403 csrf');

  const read = await signIn(api, await createKey(api.database, 'read', ['read']));
  const answer = await ask(api, '/queues', { key: null, headers: { cookie: read } });
  expect(`${answer.status} ${codeOf(answer)}`).toBe('403 insufficient-scope');
});

const QUEUE = `stages-${HOST}`;
/** All that Bull Board can be told to do. */
const COMMANDS = [
  ['PUT', 'pause'],
  ['PUT', 'resume'],
  ['POST', `${QUEUE}/add`],
  ['PUT', `${QUEUE}/retry/failed`],
  ['PUT', `${QUEUE}/promote`],
  ['PUT', `${QUEUE}/clean/completed`],
  ['PUT', `${QUEUE}/resume`],
  ['PUT', `${QUEUE}/concurrency`],
  ['PUT', `${QUEUE}/rate-limit`],
  ['PUT', `${QUEUE}/rate-limit/release`],
  ['PUT', `${QUEUE}/empty`],
  ['PUT', `${QUEUE}/obliterate`],
  ['PUT', `${QUEUE}/job-schedulers/x/remove`],
  ['PATCH', `${QUEUE}/job-schedulers/x`],
  ['PUT', `${QUEUE}/job-schedulers/x/run`],
  ['PUT', `${QUEUE}/x/retry`],
  ['PUT', `${QUEUE}/x/clean`],
  ['PUT', `${QUEUE}/x/promote`],
  ['PATCH', `${QUEUE}/x/update-data`],
  ['PATCH', `${QUEUE}/x/delay`],
  ['PATCH', `${QUEUE}/x/priority`],
  ['PUT', `${QUEUE}/x/remove-unprocessed-children`],
] as const;

test("another site's page can do nothing through a signed-in browser, and nobody changes a queue", async () => {
  const api = await startApi();
  const cookie = await signIn(api, api.key);
  await ask(api, '/queues/api/queues');
  const path = `/queues/api/queues/stages-${HOST}/pause`;
  const pause = async (headers: Record<string, string>, key: string | null = null) => {
    const answer = await ask(api, path, { method: 'PUT', key, headers });
    return answer.status === 403 ? codeOf(answer) : answer.status;
  };
  expect(await pause({ cookie, origin: 'https://evil.example' })).toBe('csrf');
  expect(await pause({ cookie, origin: 'null' })).toBe('csrf');
  expect(await pause({ cookie, origin: api.url.replace('127.0.0.1', 'localhost') })).toBe('csrf');
  expect(await pause({ cookie, origin: api.url, 'sec-fetch-site': 'cross-site' })).toBe('csrf');
  expect(await pause({ cookie })).toBe('csrf');
  expect(await pause({ origin: 'https://evil.example' }, api.key)).toBe('csrf');
  expect(await pause({ cookie, origin: api.url, 'sec-fetch-site': 'same-origin' })).toBe(405);
  expect(await pause({}, api.key)).toBe(405);
  for (const [method, command] of COMMANDS) {
    const answer = await ask(api, `/queues/api/queues/${command}`, { method, body: {} });
    expect(`${command}: ${answer.status} ${codeOf(answer)}`).toBe(`${command}: 405 method-not-allowed`);
  }
});
