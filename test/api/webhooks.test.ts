import { expect, test } from 'vitest';
import { ask, codeOf, startApi, type TestApi } from './support/api.ts';

const post = (api: TestApi, body: unknown) => ask(api, '/v1/webhooks', { body });

test('a webhook is registered, shows its secret once, and is forgotten', async () => {
  const api = await startApi();
  const created = await post(api, { url: 'https://hooks.example.com/davy', environments: ['lab'] });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    id: expect.any(String),
    url: 'https://hooks.example.com/davy',
    environments: ['lab'],
    createdAt: expect.any(String),
    createdBy: expect.any(String),
    disabledAt: null,
    deliveries: { pending: 0, dead: 0 },
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  });
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  expect((await post(api, { url: 'https://hooks.example.com/', secret })).body).toMatchObject({
    secret,
    environments: null,
  });
  const listed = await ask(api, '/v1/webhooks');
  expect(listed.body.items).toHaveLength(2);
  expect(JSON.stringify(listed.body)).not.toContain('whsec_');
  const path = `/v1/webhooks/${created.body.id}`;
  expect((await ask(api, path, { method: 'DELETE' })).status).toBe(204);
  const again = await ask(api, path, { method: 'DELETE' });
  expect(`${again.status} ${codeOf(again)}`).toBe('404 unknown-webhook');
  expect((await ask(api, '/v1/webhooks')).body.items).toHaveLength(1);
});

test('addresses that are not of the public internet are refused, unless they are allow-listed', async () => {
  const api = await startApi({ webhookAllow: '10.1.0.0/16' });
  const refused = [
    'http://hooks.example.com/',
    'https://u:p@hooks.example.com/',
    'https://hooks.example.com:6379/',
    'https://127.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/',
    'https://2130706433/',
    'https://localhost../',
    'https://hooks_1.example.com/',
    'https://hooks.exa\nmple.com/',
    'https://hooks.example.com:22/',
    'file:///etc/passwd',
    'not a url',
  ];
  for (const url of refused) {
    const answer = await post(api, { url });
    expect(`${answer.status} ${codeOf(answer)}`, url).toBe('422 webhook-target-not-allowed');
  }
  expect((await post(api, { url: 'http://10.1.2.3:9000/' })).status).toBe(201);
  const wrong = [
    {},
    { url: 7 },
    { url: 'https://hooks.example.com/', secret: 'short' },
    { url: 'https://hooks.example.com/', secret: 'whsec_c2hvcnQ=' },
    { url: 'https://hooks.example.com/', environments: [] },
    { url: 'https://hooks.example.com/', disabledAt: null },
  ];
  for (const body of wrong)
    expect(codeOf(await post(api, body)), JSON.stringify(body)).toBe('validation-error');
  expect((await ask(api, '/v1/webhooks')).body.items).toHaveLength(1);
});
