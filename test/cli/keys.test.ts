import { expect, test } from 'vitest';
import { expiryOf } from '../../cli/keys.ts';
import { ask, startApi } from '../api/support/api.ts';
import { ran } from './fixtures/davy.ts';

test('keys are made, listed and revoked at the terminal', async () => {
  const api = await startApi();
  const client = (...argv: string[]) => ran(['keys', ...argv], { DAVY_URL: api.url, DAVY_API_KEY: api.key });
  const made = await client('create', 'ci', '--scope', 'run', '--scope', 'read', '--expires', '30d');
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^davy_[0-9a-f]{16}_[0-9a-f]{64}\n$/),
  });
  const key = made.stdout.trim();
  const [, id = ''] = key.split('_');
  expect(made.stderr).toContain(`davy keys revoke ${id}`);
  expect((await ask(api, '/v1/runs', { key })).status).toBe(200);

  const [listed, document, wrong, unnamed] = await Promise.all([
    client('list'),
    client('list', '--json'),
    client('create', 'x', '--scope', 'root'),
    client('create', 'x'),
  ]);
  expect(listed.code).toBe(0);
  expect(listed.stdout).toMatch(new RegExp(`^id +name +scopes .*\n${id} +ci +run,read +`));
  expect(listed.stdout).not.toContain(key);
  expect(JSON.parse(document.stdout).items).toHaveLength(2);
  expect([wrong.code, unnamed.code]).toEqual([3, 3]);
  expect(wrong.stderr).toContain('scopes[0]');
  expect(unnamed.stderr).toContain("'--scope <scope>' not specified");

  // The whole key will do, and does not get into the address.
  const revoked = await client('revoke', key);
  expect(revoked).toMatchObject({ code: 0, stdout: `The key ${id} is revoked.\n` });
  expect(JSON.stringify(api.logs)).not.toContain(key);
  expect((await ask(api, '/v1/runs', { key })).status).toBe(401);
  const last = await client('revoke', api.key.split('_')[1] ?? '');
  expect(last.code).toBe(3);
  expect(last.stderr).toContain('Make another one first');
});

test('an expiry is a span or a time', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  expect(
    ['45m', '12h', '30d', '2027-01-31', '2027-01-31T12:00:00+02:00'].map((text) => expiryOf(text, now)),
  ).toEqual([
    '2026-11-24T12:45:00.000Z',
    '2026-11-25T00:00:00.000Z',
    '2026-12-24T12:00:00.000Z',
    '2027-01-31T00:00:00.000Z',
    '2027-01-31T10:00:00.000Z',
  ]);
  for (const wrong of ['30', '30y', 'tomorrow', '2027-01-31T12:00:00', '2027-13-01', '-1d', ''])
    expect(() => expiryOf(wrong, now)).toThrow(`"${wrong}" is no time`);
});
