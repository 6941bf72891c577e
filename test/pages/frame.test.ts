import { expect, test } from 'vitest';
import { localPath } from '../../api/guards/visitor.ts';
import { createKey, revokeUnlessLast } from '../../db/keys.ts';
import { ask, codeOf, postRun, startApi } from '../api/support/api.ts';
import { needs } from '../support/packages.ts';
import { PHONE, seriousFindings, visit } from './support/visitor.ts';

const HTML = { accept: 'text/html' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test('where one wanted to go is here, whatever the address says', () => {
  expect(localPath('/runs?status=failed')).toBe('/runs?status=failed');
  expect(localPath('https://evil.example/runs')).toBe('/runs');
  for (const address of [
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/\t/evil.example',
    'http://',
    '',
  ])
    expect(localPath(address)).toBe('/');
  expect(localPath('javascript:alert(1)')).not.toMatch(/^\/\//);
});

test('a session ends with its key, with the sign-out, and not with the API', async () => {
  const api = await startApi();
  const key = await createKey(api.database, 'operator', ['read']);
  const enter = async () => {
    const { headers } = await ask(api, '/session', {
      key: null,
      body: { key },
      headers: { origin: api.url },
    });
    return headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  const look = async (cookie: string) =>
    (await ask(api, '/', { key: null, headers: { ...HTML, cookie } })).status;
  const [first, second] = [await enter(), await enter()];
  expect([await look(first), await look(second), await look('davy_session=x')]).toEqual([200, 200, 303]);
  await ask(api, '/sign-out', {
    key: null,
    body: '',
    headers: { ...FORM, cookie: first, origin: api.url },
  });
  expect([await look(first), await look(second)]).toEqual([303, 200]);

  const kept = JSON.stringify(await api.database.query((db) => db.execute('select * from sessions')));
  expect(kept).not.toContain(second.split('=')[1]);
  await revokeUnlessLast(api.database, key.split('_')[1] ?? '');
  expect(await look(second)).toBe(303);
});

test('a cookie is Secure where the browser speaks TLS', async () => {
  const api = await startApi();
  const origin = api.url.replace('http:', 'https:');
  const { headers } = await ask(api, '/session', { key: null, body: { key: api.key }, headers: { origin } });
  expect(headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
});

test('forms are taken from pages of this server only, and errors are pages for browsers alone', async () => {
  const api = await startApi();
  const foreign = await ask(api, '/sign-out', {
    key: null,
    body: '',
    headers: { ...FORM, origin: 'https://evil.example' },
  });
  expect(codeOf(foreign)).toBe('csrf');
  const page = await ask(api, '/assets/nothing', { key: null, headers: HTML });
  expect([page.status, page.body]).toEqual([404, expect.stringContaining('<h1>')]);
  expect(codeOf(await ask(api, '/assets/nothing', { key: null }))).toBe('not-found');
  expect(codeOf(await ask(api, '/', { method: 'PUT', key: null }))).toBe('method-not-allowed');
});

test('what a form did is in the audit log, under the key of whoever was signed in', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const { headers } = await ask(api, '/session', { key: null, body: { key: api.key } });
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  const cancel = (origin: string) =>
    ask(api, `/runs/${body.id}/cancel`, { key: null, body: '', headers: { ...FORM, cookie, origin } });
  expect(codeOf(await cancel('https://evil.example'))).toBe('csrf');
  const answer = await cancel(api.url);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `/runs/${body.id}`]);
  expect((await ask(api, `/v1/runs/${body.id}`)).body.status).toBe('cancelled');
  const { items } = (await ask(api, '/v1/audit')).body;
  const row = { keyId: api.key.split('_')[1], route: 'POST /runs/:id/cancel', target: body.id };
  expect(items.slice(0, 2)).toMatchObject([
    { ...row, status: 303, problem: null },
    { ...row, status: 403, problem: 'csrf' },
  ]);
});

test('files for pages are asked for again and not sent again', async () => {
  const api = await startApi();
  for (const name of ['page.js', 'clock.js', 'idiomorph.js', 'frame.css', 'lamp.svg', 'inter.woff2']) {
    const { status, headers } = await ask(api, `/assets/${name}`, { key: null });
    expect([name, status]).toEqual([name, 200]);
    const again = { 'if-none-match': headers.get('etag') ?? '' };
    expect((await ask(api, `/assets/${name}`, { key: null, headers: again })).status).toBe(304);
  }
  for (const name of ['clock.d.ts', '..%2fpages.ts', '%2e%2e%2fpackage.json'])
    expect((await ask(api, `/assets/${name}`, { key: null })).status).toBe(404);
});

needs('chromium').describe('in a browser', () => {
  test('one signs in, is where one wanted to be, sees the stacks live, and signs out', async () => {
    const api = await startApi();
    const { page } = await visit(api, { to: '/?from=a-link' });
    expect(page.url()).toBe(`${api.url}/?from=a-link`);
    await page.getByRole('heading', { name: 'lab' }).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    await page.goto('/');
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('without a script everything is there as well', async () => {
    const api = await startApi();
    const { page } = await visit(api, { javaScriptEnabled: false, viewport: PHONE });
    await page.getByRole('heading', { name: 'lab' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
  });
});
