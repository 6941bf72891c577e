import { expect, test } from 'vitest';
import { createKey } from '../../db/keys.ts';
import { ask, startApi, type TestApi } from '../api/support/api.ts';
import { needs } from '../support/packages.ts';
import { PHONE, visit } from './support/visitor.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };

const send = (api: TestApi, fields: Record<string, string>, key = api.key) =>
  ask(api, '/environments/lab/reset', {
    key,
    body: new URLSearchParams({ host: 'rig-1', once: crypto.randomUUID(), ...fields }).toString(),
    headers: { ...FORM, origin: api.url },
  });

test('a reset from a page is the one of the API: its run, its rules, once', async () => {
  const api = await startApi();
  const once = crypto.randomUUID();
  const first = await send(api, { type: 'soft', once });
  expect([first.status, first.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/runs\//)]);
  expect((await send(api, { type: 'soft', once })).headers.get('location')).toBe(
    first.headers.get('location'),
  );
  expect((await send(api, { type: 'soft' })).status).toBe(409);
  const { body } = await ask(api, first.headers.get('location')?.replace('/runs', '/v1/runs') ?? '');
  expect(body).toMatchObject({ pipelineName: 'environment-reset', userPrompt: 'environment reset: soft' });

  const refused = await send(api, { type: 'data', confirm: 'lab' });
  expect([refused.status, refused.body]).toEqual([422, expect.stringContaining('role="alert"')]);
  const reader = await createKey(api.database, 'reader', ['read', 'run']);
  expect((await send(api, { type: 'soft' }, reader)).status).toBe(403);
  expect((await send(api, { type: 'everything' })).status).toBe(422);
  expect((await ask(api, '/environments/attic/reset')).status).toBe(404);
});

needs('chromium').describe('the form', () => {
  test('without a script, on a phone, it says what a stack may not be asked for', async () => {
    const api = await startApi();
    const { page } = await visit(api, {
      to: '/environments/lab/reset',
      javaScriptEnabled: false,
      viewport: PHONE,
    });
    expect(await page.getByRole('radio', { name: 'Data Stop' }).isDisabled()).toBe(true);
    await page.getByText('only where davy.json says "resettable": true').first().waitFor();
    await page.getByRole('radio', { name: 'Config Write' }).check();
    await page.getByText('with the old file beside it as .bak').waitFor();
    await page.getByRole('button', { name: 'Reset lab' }).click();
    await page.getByRole('heading', { level: 1, name: 'Environment reset' }).waitFor();
  });
});
